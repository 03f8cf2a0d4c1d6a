# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions of before hear who is in the groups that rules name (0012)."""

from pathlib import Path
from typing import Any
import uuid

import pytest
import sqlalchemy as sa

from tricircle.db.migration import central as migration
from tricircle.journal import intent

GROUP, REMOTE, OTHER = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
KIND = 'security-group-members'


def table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(one) for one in columns))


def run(url: str, *statements: Any) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for one in statements:
            connection.execute(one)
    engine.dispose()


def inserted(name: str, *rows: dict[str, Any]) -> sa.Insert:
    return sa.insert(table(name, *rows[0])).values(list(rows))


def rows(url: str, name: str, *columns: str) -> set[tuple[Any, ...]]:
    """Return columns of the rows of a table that are of members."""
    found = table(name, *columns, 'resource_type')
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        made = {
            tuple(row)
            for row in connection.execute(
                sa.select(*(found.c[one] for one in columns)).where(
                    found.c.resource_type == KIND
                )
            )
        }
    engine.dispose()
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database as it was before, with Neutron's tables beside ours."""
    made = f'sqlite:///{tmp_path}/central.db'
    migration.sync(made, '0010')
    run(
        made,
        sa.text('CREATE TABLE securitygroups (id, project_id)'),
        sa.text(
            'CREATE TABLE securitygrouprules '
            '(id, security_group_id, remote_group_id)'
        ),
        inserted(
            'securitygroups',
            *(
                {'id': one, 'project_id': project}
                for one, project in (
                    (GROUP, 'p'),
                    (REMOTE, 'q'),
                    (OTHER, 'p'),
                )
            ),
        ),
        inserted(
            'securitygrouprules',
            *(
                {
                    'id': str(number),
                    'security_group_id': one,
                    'remote_group_id': remote,
                }
                for number, (one, remote) in enumerate(
                    (
                        (GROUP, GROUP),
                        (GROUP, REMOTE),
                        (GROUP, REMOTE),
                        (GROUP, None),
                        # In no region.
                        (OTHER, OTHER),
                    )
                )
            ),
        ),
        inserted(
            'pods',
            *(
                {
                    'pod_id': number,
                    'region_name': name,
                    'az_name': 'az',
                    'pod_az_name': '',
                    'dc_name': '',
                }
                for number, name in (('1', 'RegionOne'), ('2', 'RegionTwo'))
            ),
        ),
        inserted(
            'resource_routings',
            *(
                {
                    'top_id': one,
                    'pod_id': '1',
                    'project_id': 'p',
                    'resource_type': 'security-group',
                    'created_at': '2026-01-01 00:00:00',
                }
                for one in (GROUP, REMOTE)
            ),
        ),
    )
    return made


def told(url: str) -> set[tuple[Any, ...]]:
    return rows(
        url,
        'journal',
        'id',
        'resource_id',
        'region_name',
        'project_id',
        'pending',
    )


def test_a_region_that_has_the_rule_hears_of_the_members(url: str) -> None:
    version = table(migration.VERSION_TABLE, 'version_num')
    for _time in range(2):
        # The second goes over what the first left, as after a crash.
        migration.sync(url, '0012')
        assert told(url) == {
            (intent.entry_id(KIND, one, 'RegionOne'), one, 'RegionOne', of, 1)
            for one, of in ((GROUP, 'p'), (REMOTE, 'q'))
        }
        assert rows(url, 'resource_routings', 'top_id', 'pod_id') == {
            (GROUP, '1'),
            (REMOTE, '1'),
        }
        run(url, sa.update(version).values(version_num='0010'))


def test_without_neutrons_tables_there_is_nothing_to_tell(
    tmp_path: Path,
) -> None:
    url = f'sqlite:///{tmp_path}/central.db'
    migration.sync(url, '0012')
    assert told(url) == set()
