# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Intents: counted, coalesced, never lost."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Generation

TABLES = [
    model.__table__
    for model in (
        central_models.Pod,
        central_models.JournalEntry,
        central_models.Epoch,
    )
]
KEY = (types.NETWORK, 'net', 'RegionOne')


def fresh() -> orm.Session:
    engine = sa.create_engine('sqlite://')
    central_models.Pod.metadata.create_all(engine, tables=TABLES)
    session = orm.Session(engine)
    session.add(central_models.Epoch(id=1, epoch=3))
    session.commit()
    return session


@pytest.fixture
def session() -> Iterator[orm.Session]:
    with fresh() as made:
        yield made


def record(session: orm.Session, key=KEY, **options) -> None:
    intent.record(session, [intent.Intent(*key, **options)])
    session.commit()


def state(session: orm.Session) -> intent.ReplicaState:
    return intent.states(session, types.NETWORK, 'net')[0]


def generation(session: orm.Session) -> Generation:
    return intent.generations(session, [(types.NETWORK, 'net')], 'RegionOne')[
        types.NETWORK, 'net'
    ]


def test_an_intent_is_pending_until_it_is_confirmed(session):
    record(session)

    assert state(session).status == intent.Status.PENDING

    intent.confirm(session, *KEY, Generation(3, 1), 'sha256:x')

    assert state(session).status == intent.Status.IN_SYNC
    assert state(session).digest == 'sha256:x'


def test_a_hundred_changes_are_one_row(session):
    for _ in range(100):
        record(session)

    assert len(intent.states(session, types.NETWORK, 'net')) == 1
    assert generation(session) == Generation(3, 100)


def test_an_intent_recorded_while_a_job_runs_is_not_absorbed(session):
    record(session)
    claimed = generation(session)
    record(session)

    intent.confirm(session, *KEY, claimed, 'sha256:x')

    assert state(session).status == intent.Status.PENDING


def test_what_was_confirmed_in_another_epoch_counts_for_nothing(session):
    record(session)

    intent.confirm(session, *KEY, Generation(2, 1), 'sha256:x')

    assert state(session).status == intent.Status.PENDING


def test_ensure_leaves_what_is_there(session):
    record(session)
    record(session)

    intent.ensure(session, [intent.Intent(*KEY, delay=60.0)])

    assert generation(session).counter == 2


def test_an_intent_goes_with_the_transaction_that_caused_it(session):
    intent.record(session, [intent.Intent(*KEY)])
    session.rollback()

    assert intent.states(session, types.NETWORK, 'net') == []


def test_a_key_without_a_row_is_older_than_every_intent(session):
    assert generation(session) == Generation(3, 0)


def test_regions_are_counted_apart(session):
    record(session)
    record(session, (types.NETWORK, 'net', 'RegionTwo'))
    record(session, (types.NETWORK, 'net', 'RegionTwo'))

    found = {
        one.region: one.counter
        for one in intent.states(session, types.NETWORK, 'net')
    }

    assert found == {'RegionOne': 1, 'RegionTwo': 2}


def test_forgetting_a_networks_chunks_leaves_other_networks(session):
    one = types.shadow_id('a' * 36, 0)
    other = types.shadow_id('b' * 36, 0)
    for key in (one, other):
        record(session, (types.SHADOW_PORTS, key, 'RegionOne'))

    intent.forget_chunks(session, 'a' * 36, 'RegionOne')

    assert intent.states(session, types.SHADOW_PORTS, one) == []
    assert len(intent.states(session, types.SHADOW_PORTS, other)) == 1


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.just('record'),
            st.tuples(st.just('confirm'), st.integers(0, 12)),
        ),
        max_size=25,
    )
)
def test_in_whatever_order_answers_come_the_journal_is_right(steps):
    with fresh() as session:
        recorded = confirmed = 0
        for step in steps:
            if step == 'record':
                record(session)
                recorded += 1
            else:
                counter = step[1]
                intent.confirm(
                    session, *KEY, Generation(3, counter), 'sha256:x'
                )
                if recorded:
                    confirmed = max(confirmed, min(counter, recorded))
        if recorded:
            now = state(session)
            assert now.counter == recorded
            assert now.applied == confirmed
            assert (now.status == intent.Status.IN_SYNC) == (
                confirmed == recorded
            )
