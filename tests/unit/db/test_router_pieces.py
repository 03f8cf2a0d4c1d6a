# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.db.central.router import pieces as piece_rows
from tricircle.replica import types

ONE = piece_rows.Placed('router', 'pod-RegionOne', 'router', 'p')
TWO = piece_rows.Placed('router', 'pod-RegionTwo', 'router', 'p')
NORTH_SOUTH = piece_rows.Placed('ns', 'pod-RegionTwo', 'router', 'p')


@pytest.fixture
def session() -> Iterator[orm.Session]:
    engine = sa.create_engine('sqlite://')
    central_models.Pod.metadata.create_all(
        engine,
        tables=[
            model.__table__
            for model in (
                central_models.Pod,
                central_models.ResourceRouting,
                central_models.RouterPiece,
            )
        ],
    )
    with orm.Session(engine) as found:
        for name in ('RegionOne', 'RegionTwo'):
            found.add(
                central_models.Pod(
                    pod_id=f'pod-{name}', region_name=name, az_name='az'
                )
            )
        found.flush()
        yield found
    engine.dispose()


def pieces(session: orm.Session) -> set[tuple[str, str, str]]:
    piece = central_models.RouterPiece
    return {
        (row.piece_id, row.pod_id, row.router_id)
        for row in session.execute(
            sa.select(piece.piece_id, piece.pod_id, piece.router_id)
        )
    }


def test_pieces_that_are_absent_become_present(session):
    piece_rows.insert_absent(session, [ONE])
    piece_rows.insert_absent(session, [NORTH_SOUTH, TWO, ONE, TWO])

    assert pieces(session) == {
        ('router', 'pod-RegionOne', 'router'),
        ('router', 'pod-RegionTwo', 'router'),
        ('ns', 'pod-RegionTwo', 'router'),
    }
    assert presence.regions_of(session, types.ROUTER, 'router') == [
        'RegionOne',
        'RegionTwo',
    ]
    assert presence.regions_of(session, types.ROUTER, 'ns') == ['RegionTwo']


def test_what_is_known_of_a_piece_stays(session):
    piece_rows.insert_absent(session, [ONE])
    session.execute(
        sa.update(central_models.RouterPiece).values(
            status='ACTIVE', revision=7
        )
    )

    piece_rows.insert_absent(session, [ONE])

    piece = central_models.RouterPiece
    assert session.execute(sa.select(piece.status, piece.revision)).all() == [
        ('ACTIVE', 7)
    ]


@pytest.mark.parametrize(
    'model', [central_models.RouterPiece, central_models.ResourceRouting]
)
def test_a_piece_of_which_half_was_lost_is_whole_again(session, model):
    piece_rows.insert_absent(session, [ONE, TWO])
    session.execute(sa.delete(model).where(model.pod_id == ONE.pod_id))

    piece_rows.insert_absent(session, [ONE, TWO])

    assert len(pieces(session)) == 2
    assert presence.regions_of(session, types.ROUTER, 'router') == [
        'RegionOne',
        'RegionTwo',
    ]


def test_pieces_that_are_present_cost_one_look(session):
    piece_rows.insert_absent(session, [ONE, TWO])
    seen: list[str] = []
    event.listen(
        session.get_bind(),
        'before_cursor_execute',
        lambda *args: seen.append(args[2]),
    )

    piece_rows.insert_absent(session, [ONE, TWO])
    piece_rows.insert_absent(session, [])

    assert len(seen) == 1
