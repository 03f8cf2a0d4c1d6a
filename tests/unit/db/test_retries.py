# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from collections.abc import Callable, Iterable
import pathlib

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc
import pytest

import tricircle
from tricircle.db import retries


class Transaction:
    """Fails with some errors, one after the other, then for ever or not."""

    def __init__(
        self, errors: Iterable[Exception], for_ever: Exception | None = None
    ) -> None:
        self._errors = iter(errors)
        self._for_ever = for_ever
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        error = next(self._errors, self._for_ever)
        if error is not None:
            raise error
        return 'done'

    def bounded(self, seconds: float = 60.0) -> Callable[[], str]:
        def transaction() -> str:
            return self()

        return retries.bounded(transaction, seconds, pause=0)


def duplicate(column: str = 'port_id') -> db_exc.DBDuplicateEntry:
    return db_exc.DBDuplicateEntry(columns=[column])


def test_deadlocks_are_tried_again():
    transaction = Transaction([db_exc.DBDeadlock()] * 5)
    assert transaction.bounded()() == 'done'
    assert transaction.tries == 6


def test_a_race_that_was_lost_is_tried_again():
    transaction = Transaction([duplicate()])
    assert transaction.bounded()() == 'done'


def test_a_duplicate_that_stays_is_a_conflict_at_the_third_time():
    transaction = Transaction([], duplicate())
    with pytest.raises(retries.DuplicateRemains, match='port_id'):
        transaction.bounded()()
    assert transaction.tries == retries.SAME_DUPLICATE


def test_other_duplicates_are_other_races():
    transaction = Transaction([duplicate(one) for one in 'abcde'])
    assert transaction.bounded()() == 'done'


def test_a_database_that_goes_on_failing_is_busy():
    transaction = Transaction([], db_exc.DBDeadlock())
    with pytest.raises(retries.DatabaseBusy):
        transaction.bounded()()
    assert transaction.tries == retries.TRIES


def test_nothing_is_tried_again_when_the_time_is_over():
    transaction = Transaction([], db_exc.DBDeadlock())
    with pytest.raises(retries.DatabaseBusy):
        transaction.bounded(seconds=0)()
    assert transaction.tries == 1


def test_what_is_refused_is_not_tried_again():
    refusal = n_exc.NetworkNotFound(net_id='n')
    transaction = Transaction([], refusal)
    with pytest.raises(n_exc.NetworkNotFound):
        transaction.bounded()()
    assert transaction.tries == 1


def test_what_asked_for_another_try_says_why_in_the_end():
    why = n_exc.SubnetNotFound(subnet_id='s')
    transaction = Transaction([], db_exc.RetryRequest(why))
    with pytest.raises(n_exc.SubnetNotFound):
        transaction.bounded()()


@pytest.mark.parametrize('error', [duplicate(), db_exc.DBDeadlock()])
def test_neutron_does_not_try_again_what_was_tried_in_vain(error):
    transaction = Transaction([], error)
    with pytest.raises(n_exc.NeutronException) as raised:
        transaction.bounded()()
    assert not db_api.is_retriable(raised.value)


def test_nothing_of_ours_is_tried_for_minutes() -> None:
    package = pathlib.Path(tricircle.__file__).parent
    # Neutron's methods that we override keep Neutron's own.
    assert [
        str(one.relative_to(package))
        for one in package.rglob('*.py')
        if 'retry_db_errors' in one.read_text()
    ] == []
