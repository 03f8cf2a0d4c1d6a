# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bridge networks of projects become those of routers (0005)."""

from collections.abc import Iterator
from pathlib import Path
import uuid

import pytest
import sqlalchemy as sa

from tricircle.db.migration import central as migration
from tricircle.plan.router import pieces as router_pieces

FIRST, SECOND = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database as it was before."""
    made = f'sqlite:///{tmp_path}/central.db'
    migration.sync(made, '0009')
    return made


def insert(url: str, table: str, *rows: dict[str, object]) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for row in rows:
            connection.execute(
                sa.insert(
                    sa.table(table, *(sa.column(name) for name in row))
                ).values(**row)
            )
    engine.dispose()


def pieces(url: str, network: str, *piece_ids: str) -> None:
    """Insert pieces with a leg on a network."""
    for one in piece_ids:
        outside = router_pieces.north_south_id(one)
        router_id = min(one, outside)
        insert(
            url,
            'router_pieces',
            {
                'piece_id': one,
                'pod_id': 'pod',
                'router_id': router_id,
                'status': '',
                'revision': 0,
            },
        )
        insert(
            url,
            'reserved_ports',
            {
                'port_id': str(uuid.uuid4()),
                'network_id': network,
                'pod_id': 'pod',
                'kind': 'bridge_leg',
                'router_id': one,
            },
        )


def upgraded(url: str) -> Iterator[tuple[str, str | None, str]]:
    """Upgrade, and yield network, router and project."""
    migration.sync(url, '0010')
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        for row in connection.execute(
            sa.text(
                'SELECT network_id, router_id, project_id'
                ' FROM bridge_networks ORDER BY network_id'
            )
        ):
            yield tuple(row)
    engine.dispose()


def test_the_router_with_the_way_out_keeps_the_network(url: str) -> None:
    insert(url, 'bridge_networks', {'project_id': 'p', 'network_id': 'net'})
    outside = router_pieces.north_south_id(SECOND)
    pieces(url, 'net', FIRST, SECOND, outside)

    assert list(upgraded(url)) == [('net', SECOND, 'p')]


def test_without_a_way_out_one_router_keeps_it(url: str) -> None:
    insert(url, 'bridge_networks', {'project_id': 'p', 'network_id': 'net'})
    pieces(url, 'net', SECOND, FIRST)

    assert list(upgraded(url)) == [('net', FIRST, 'p')]


def test_what_no_piece_is_on_is_deleted_by_the_next_plan(url: str) -> None:
    insert(
        url,
        'bridge_networks',
        {'project_id': 'p', 'network_id': 'unused'},
        {'project_id': 'left:going', 'network_id': 'going'},
    )

    assert list(upgraded(url)) == [('going', None, ''), ('unused', None, 'p')]


def test_there_may_be_none(url: str) -> None:
    assert list(upgraded(url)) == []
