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
import re
import types

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from oslo_context import context as o_context
from oslo_db import exception as db_exc
import pytest
from sqlalchemy.orm import exc as orm_exc

import tricircle
from tricircle.db import api_request
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


def reference() -> db_exc.DBReferenceError:
    return db_exc.DBReferenceError(
        'portforwardings', 'fk_1', 'internal_neutron_port_id', 'ports'
    )


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


def test_what_went_between_a_look_and_a_write_is_looked_for_again():
    transaction = Transaction([reference(), n_exc.PortNotFound(port_id='p')])
    with pytest.raises(n_exc.PortNotFound):
        transaction.bounded()()


def test_a_reference_that_goes_on_failing_is_busy_at_the_third_time():
    transaction = Transaction([], reference())
    with pytest.raises(retries.DatabaseBusy, match='DBReferenceError'):
        transaction.bounded()()
    assert transaction.tries == retries.SAME_REFERENCE


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


@pytest.fixture
def neutron(monkeypatch):
    """Neutron's own retries, without their pauses."""
    stock = db_api._retry_db_errors
    monkeypatch.setattr(stock, 'exception_checker', stock.exception_checker)
    monkeypatch.setattr(stock, 'retry_interval', 0)
    retries.watch_neutron()

    def tried(transaction: Transaction) -> str:
        return db_api.retry_db_errors(lambda: transaction())()

    return tried


def test_neutron_s_own_retries_go_on_as_ever(neutron):
    transaction = Transaction([], duplicate())
    with pytest.raises(db_exc.DBDuplicateEntry):
        neutron(transaction)
    assert transaction.tries == db_api.MAX_RETRIES + 1


def test_they_end_with_a_duplicate_that_stays_where_nobody_waits(neutron):
    transaction = Transaction([], duplicate())
    with retries.impatient(), pytest.raises(db_exc.DBDuplicateEntry):
        neutron(transaction)
    assert transaction.tries == retries.SAME_DUPLICATE


def test_they_end_when_the_time_is_over(neutron):
    transaction = Transaction([], db_exc.DBDeadlock())
    with retries.impatient(seconds=0), pytest.raises(db_exc.DBDeadlock):
        neutron(transaction)
    assert transaction.tries == 1


@pytest.mark.parametrize(
    ('error', 'kind'),
    [
        (db_exc.DBDeadlock(), retries.DatabaseBusy),
        (orm_exc.StaleDataError(), retries.DatabaseBusy),
        (duplicate(), retries.DuplicateRemains),
        (reference(), retries.DatabaseBusy),
        (ValueError(), None),
    ],
)
def test_what_neutron_has_tried_in_vain_is_known_as_what_it_is(
    neutron, error, kind
):
    # Neutron marks it, with a name of its own.
    with retries.impatient(0.0), pytest.raises(type(error)):
        neutron(Transaction([], error))

    assert not db_api.is_retriable(error)
    assert retries.kind_of(error) is kind


def test_they_are_there_for_deadlocks_and_other_duplicates(neutron):
    transaction = Transaction(
        [db_exc.DBDeadlock(), *(duplicate(one) for one in 'abcde')]
    )
    with retries.impatient():
        assert neutron(transaction) == 'done'


def test_a_failure_long_after_another_is_a_new_one(neutron, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(retries.time, 'monotonic', lambda: clock[0])
    with retries.impatient(seconds=5.0):
        assert neutron(Transaction([db_exc.DBDeadlock()])) == 'done'
        clock[0] += 60.0
        assert neutron(Transaction([db_exc.DBDeadlock()])) == 'done'


@pytest.fixture
def request_(monkeypatch):
    """A request that pecan serves in this thread."""
    current = types.SimpleNamespace(request=types.SimpleNamespace(context={}))
    monkeypatch.setattr(api_request, 'pecan', current)
    return current.request


def test_in_a_request_they_end_with_a_duplicate_that_stays(neutron, request_):
    transaction = Transaction([], duplicate())
    with pytest.raises(db_exc.DBDuplicateEntry):
        neutron(transaction)
    assert transaction.tries == retries.SAME_DUPLICATE


def test_in_a_request_they_end_before_its_client_gives_up(
    neutron, request_, monkeypatch
):
    clock = [100.0]
    monkeypatch.setattr(retries.time, 'monotonic', lambda: clock[0])

    def takes_three_seconds() -> None:
        clock[0] += 3.0
        raise db_exc.DBDeadlock

    with pytest.raises(db_exc.DBDeadlock):
        neutron(takes_three_seconds)
    assert clock[0] - 100.0 < retries.REQUEST_SECONDS + 6.0


def test_what_one_request_failed_for_is_nothing_to_the_next(neutron, request_):
    for _ in range(5):
        request_.context = {}
        assert neutron(Transaction([duplicate()] * 2)) == 'done'


@pytest.fixture
def caller():
    """Who asked for what this thread does: a user, or an agent by RPC."""
    before = o_context.get_current()
    yield lambda: o_context.RequestContext(overwrite=True)
    o_context._request_store.context = before


def levels(transaction: Transaction, count: int) -> Callable[[], str]:
    """Return a transaction that Neutron tries again at so many levels.

    As it does of a request, of the plugin's method in it, and of what that
    calls.
    """

    def tried() -> str:
        return transaction()

    for _ in range(count):
        tried = db_api.retry_db_errors(tried)
    return tried


def test_a_reference_of_neutron_s_that_fails_is_tried_again(neutron, caller):
    caller()
    transaction = Transaction([reference(), n_exc.PortNotFound(port_id='p')])
    with pytest.raises(n_exc.PortNotFound):
        neutron(transaction)


def test_each_failure_is_tried_again_one_level_further_out(neutron, caller):
    # Where it was looked for what is gone, may be any of them.
    caller()
    transaction = Transaction(iter(reference, None))
    tries = [0, 0]

    @db_api.retry_db_errors
    def outer() -> str:
        tries[0] += 1
        return middle()

    @db_api.retry_db_errors
    def middle() -> str:
        tries[1] += 1
        return db_api.retry_db_errors(lambda: transaction())()

    with pytest.raises(db_exc.DBReferenceError):
        outer()
    assert (*tries, transaction.tries) == (2, 3, 4)


def test_a_reference_that_goes_on_failing_ends_at_the_third_level(
    neutron, caller
):
    caller()
    transaction = Transaction(iter(reference, None))
    with pytest.raises(db_exc.DBReferenceError):
        levels(transaction, 10)()
    assert transaction.tries == retries.SAME_REFERENCE + 1


def test_failed_references_of_one_caller_are_nothing_to_the_next(
    neutron, caller
):
    for _ in range(5):
        caller()
        assert neutron(Transaction([reference()])) == 'done'


def test_a_reference_that_nobody_asked_for_is_not_tried_again(neutron, caller):
    # What is done of its own accord comes again anyway.
    o_context._request_store.context = None
    transaction = Transaction([], reference())
    with pytest.raises(db_exc.DBReferenceError):
        neutron(transaction)
    assert transaction.tries == 1


def test_nothing_of_ours_is_tried_for_minutes() -> None:
    package = pathlib.Path(tricircle.__file__).parent
    # Neutron's methods that we override keep Neutron's own.
    assert [
        str(one.relative_to(package))
        for one in package.rglob('*.py')
        if re.search(r'\bretry_db_errors', one.read_text())
    ] == []
