# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``tricircle-status upgrade check`` names what is to be done."""

from pathlib import Path
import subprocess
import sys
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

import tricircle
from tricircle.db.central.pod import releases as noted
from tricircle.db.migration import central
from tricircle.replica import releases


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with the tables of this release."""
    made = f'sqlite:///{tmp_path}/central.db'
    central.sync(made)
    engine = sa.create_engine(made)
    with engine.begin() as connection:
        # By which central Neutron's database is known.
        connection.execute(sa.text('CREATE TABLE ipallocations (id INTEGER)'))
    engine.dispose()
    return made


def check(url: str, folder: Path) -> str:
    conf = folder / 'api.conf'
    conf.write_text(f'[DEFAULT]\ntricircle_db_connection = {url}\n')
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'tricircle.cmd.status'),
            *('--config-file', str(conf), 'upgrade', 'check'),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    # It also says that there is no Keystone.
    return ' '.join((done.stdout + done.stderr).replace('|', ' ').split())


def add_pod(url: str, region: str, az: str, user: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                'INSERT INTO pods (pod_id, region_name, az_name, pod_az_name,'
                " dc_name, service_user_id) VALUES (:id, :region, :az, '', '',"
                ' :user)'
            ),
            {
                'id': str(uuid.uuid4()),
                'region': region,
                'az': az,
                'user': user,
            },
        )
    engine.dispose()


def test_pods_that_do_not_say_who_acts_for_them_are_named(
    url: str, tmp_path: Path
) -> None:
    add_pod(url, 'CentralRegion', '', 'xjob')
    add_pod(url, 'RegionOne', 'az1', '')
    add_pod(url, 'RegionTwo', 'az2', 'neutron-two')

    assert 'Any service may act for RegionOne:' in check(url, tmp_path)


def test_nothing_is_said_when_all_pods_do(url: str, tmp_path: Path) -> None:
    add_pod(url, 'RegionOne', 'az1', 'neutron-one')

    said = check(url, tmp_path)

    assert 'Identities of pods Result: Success' in said


def region_runs(url: str, region: str, version: str) -> None:
    engine = sa.create_engine(url)
    with orm.Session(engine) as session, session.begin():
        noted.note_region(session, region, releases.own(version))
    engine.dispose()


def test_regions_that_are_too_far_from_this_release_are_named(
    url: str, tmp_path: Path
) -> None:
    this = releases.major(tricircle.__version__)
    assert this is not None
    region_runs(url, 'RegionOne', f'{this - 2}.0.0')
    region_runs(url, 'RegionTwo', f'{this - 1}.0.0')

    said = check(url, tmp_path)

    assert f'RegionOne runs {this - 2}.0.0: the releases are more' in said
    assert 'RegionTwo' not in said
