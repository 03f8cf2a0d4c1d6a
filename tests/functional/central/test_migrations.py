# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The migrations make exactly the tables of the models."""

import subprocess
import sys
from typing import Any

from alembic import autogenerate
from alembic import migration
from neutron.db.migration.models import head
import pytest
import sqlalchemy as sa

from tests.functional import cloud as clouds
from tests.functional import regions
from tricircle.db.central import models as central_models
from tricircle.db.central.models.adoptions import Adoption
from tricircle.db.local import models as local_models
from tricircle.db.migration import central as migrations

CENTRAL = {
    model.__tablename__
    for model in (
        central_models.Pod,
        central_models.PodBinding,
        central_models.Placing,
        central_models.QuotaReservation,
        central_models.QuotaTurn,
        central_models.QuotaUsage,
        central_models.ResourceHome,
        central_models.ResourceRouting,
        central_models.PortLocation,
        central_models.ReservedPort,
        central_models.BridgeNetwork,
        central_models.RouterPiece,
        central_models.RouterLook,
        central_models.JournalEntry,
        central_models.Epoch,
        Adoption,
        central_models.RegionContact,
        central_models.RegionDataPath,
        central_models.NotedRelease,
    )
}
REGION = {
    local_models.Replica.__tablename__,
    local_models.OutboxEntry.__tablename__,
}


def differences(url: str, tables: set[str]) -> list[Any]:
    """Compare the models of some tables with what is in a database."""

    def ours(thing: Any, name: str | None, kind: str, *_rest: object) -> bool:
        table = name if kind == 'table' else thing.table.name
        return table in tables

    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = migration.MigrationContext.configure(
            connection,
            opts={'include_object': ours, 'compare_type': True},
        )
        found = autogenerate.compare_metadata(context, head.get_metadata())
    engine.dispose()
    return list(found)


def test_central_has_the_tables_of_its_models(cloud: clouds.Cloud) -> None:
    url = str(cloud.central.options['database']['connection'])

    assert differences(url, CENTRAL) == []


def test_a_region_has_the_tables_of_its_models(cloud: clouds.Cloud) -> None:
    url = str(cloud.one.options['database']['connection'])

    assert differences(url, REGION) == []


def manage(*arguments: str) -> 'subprocess.CompletedProcess[str]':
    """Run tricircle-db-manage."""
    return subprocess.run(
        [sys.executable, '-m', 'tricircle.cmd.db_manage', *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_upgrading_again_is_harmless(
    cloud: clouds.Cloud, tmp_path: Any
) -> None:
    url = str(cloud.central.options['database']['connection'])
    config = tmp_path / 'api.conf'
    config.write_text(f'[DEFAULT]\ntricircle_db_connection = {url}\n')
    pods = cloud.central.database.query('SELECT * FROM pods')

    again = manage('--config-file', str(config), 'db_sync')
    version = manage('--config-file', str(config), 'db_version')

    assert again.returncode == 0
    assert version.stdout.strip() in again.stdout
    assert cloud.central.database.query('SELECT * FROM pods') == pods


def test_an_older_version_is_not_gone_back_to(
    cloud: clouds.Cloud, tmp_path: Any
) -> None:
    url = str(cloud.central.options['database']['connection'])
    config = tmp_path / 'api.conf'
    config.write_text(f'[DEFAULT]\ntricircle_db_connection = {url}\n')

    back = manage('--config-file', str(config), 'db_sync', '0014')

    assert back.returncode == 0, back.stderr
    assert back.stdout == f'The tables are at version {migrations.head()}.\n'
    assert differences(url, CENTRAL) == []


def test_a_new_epoch_follows_the_one_before(
    cloud: clouds.Cloud, fresh_project: str, tmp_path: Any
) -> None:
    url = str(cloud.central.options['database']['connection'])
    config = tmp_path / 'api.conf'
    config.write_text(f'[DEFAULT]\ntricircle_db_connection = {url}\n')
    epoch = central_models.Epoch.__tablename__
    [before] = cloud.central.database.query(f'SELECT * FROM {epoch}')  # noqa: S608
    network, _subnet = regions.make_network(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', network['id'])

    done = manage('--config-file', str(config), 'new_epoch')

    assert done.returncode == 0, done.stderr
    [after] = cloud.central.database.query(f'SELECT * FROM {epoch}')  # noqa: S608
    assert after['epoch'] == before['epoch'] + 1
    assert f'The epoch is {after["epoch"]} now' in done.stdout
    cloud.central.admin.update('network', network['id'], name='of it')

    def arrived() -> None:
        shown = cloud.one.admin.show('network', network['id'])
        assert shown['name'] == 'of it'

    clouds.eventually(arrived, 30)


@pytest.mark.parametrize(
    'text',
    ['', 'tricircle_db_connection = mysql+pymysql://a:secret@127.0.0.1:1/b'],
)
def test_a_database_that_is_not_there_is_an_error_without_the_password(
    tmp_path: Any, text: str
) -> None:
    config = tmp_path / 'api.conf'
    config.write_text(f'[DEFAULT]\n{text}\n')

    outcome = manage('--config-file', str(config), 'db_sync')

    assert outcome.returncode == 1
    assert outcome.stderr.startswith('tricircle-db-manage: ')
    assert 'secret' not in outcome.stderr + outcome.stdout
