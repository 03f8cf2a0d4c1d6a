# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trying a transaction again, for no longer than its caller waits.

Neutron tries twenty times, with pauses that double: a duplicate that nothing
will ever take away holds a thread for minutes, long after whoever asked has
given up. A request for two ports with one MAC address was enough for that.
Here it is a few times in a few seconds, and a duplicate that comes back the
same is no race: what was written by others is seen by the next try.

A reference that fails is a race as well, and Neutron does not try it again:
the row that it names went between Neutron's look and the write, or one that
names it came before a deletion. The next look says so in Neutron's words.
"""

import collections
from collections.abc import Callable, Iterator
import contextlib
import contextvars
import functools
import threading
import time
from typing import Final, ParamSpec, TypeVar

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.objects import exceptions as o_exc
from oslo_context import context as o_context
from oslo_db import exception as db_exc
from oslo_log import log as logging
import tenacity

from tricircle.db import api_request

LOG = logging.getLogger(__name__)

_P = ParamSpec('_P')
_R = TypeVar('_R')

#: How often a transaction is tried, and how often with the same duplicate.
TRIES: Final = 10
SAME_DUPLICATE: Final = 3
#: How many failed references are tried again, for one caller.
SAME_REFERENCE: Final = 3
#: Seconds after which it is not tried again.
SECONDS: Final = 5.0
#: Seconds after which Neutron's own retries end in a request: soon enough for
#: its client to get the answer.
REQUEST_SECONDS: Final = 10.0
_OF_REQUEST: Final = 'tricircle_patience'
#: Mark of Neutron's own on an error that its retries gave up on.
_TRIED_IN_VAIN: Final = '_RETRY_EXCEEDED'
#: Mark on a failed reference: at how many levels it was seen.
_LEVELS: Final = 'tricircle_levels'
#: Seconds that the first pause is at most; doubled each time, up to 1.
PAUSE: Final = 0.1


class DuplicateRemains(n_exc.Conflict):
    """A row is in the way, and stays there."""

    message = (
        'What was asked for cannot be written, because a row is there '
        'already and does not go away (%(what)s). If nobody else asked for '
        'the same, the database was changed by hand: look for that row.'
    )


class DatabaseBusy(n_exc.ServiceUnavailable):
    """Others were at the same rows, or the database is away."""

    message = (
        'The database could not do it in %(tries)d tries: %(reason)s. Try '
        'again.'
    )


def _duplicate(exc: BaseException | None) -> str | None:
    """Return what names a duplicate, None of any other error."""
    match exc:
        case db_exc.DBDuplicateEntry():
            return f'{", ".join(exc.columns) or "key"} {exc.value or ""}'
        case o_exc.NeutronDbObjectDuplicateEntry():
            return str(exc)
    return None


def _is_failed_reference(exc: BaseException | None) -> bool:
    match exc:
        case db_exc.DBReferenceError():
            return True
        case db_exc.DBError():
            return _is_failed_reference(exc.inner_exception)
    return False


class _References(threading.local):
    """The failed references of whom this thread works for.

    Neutron's retries are nested, and the look that is to be had again may be
    any level's: the second failure is tried again one level further out, the
    third two levels.
    """

    _caller: str | None = None
    _failed = 0

    def allows(self, exc: BaseException) -> bool:
        """Tell whether this level is to try again after a failed reference."""
        current = o_context.get_current()
        if current is None:
            return False
        if current.request_id != self._caller:
            self._caller, self._failed = current.request_id, 0
        level = getattr(exc, _LEVELS, 0) + 1
        setattr(exc, _LEVELS, level)
        if level == 1:
            self._failed += 1
        return level == self._failed <= SAME_REFERENCE


_references: Final = _References()


class _Patience:
    """How long Neutron's own retries go on, one after the other.

    A failure long after the one before begins anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = self._last = float('-inf')
        self._duplicates: collections.Counter[str] = collections.Counter()

    def allows(self, exc: BaseException) -> bool:
        """Tell whether to try again after an error."""
        what = _duplicate(exc)
        if what is not None:
            self._duplicates[what] += 1
            if self._duplicates[what] >= SAME_DUPLICATE:
                return False
        now = time.monotonic()
        if now - self._last > 2 * self._seconds:
            self._since = now
        self._last = now
        return now - self._since < self._seconds


# Of the thread: what decides on another try is handed the error alone.
_patience: contextvars.ContextVar[_Patience | None] = contextvars.ContextVar(
    'tricircle_patience', default=None
)


@contextlib.contextmanager
def impatient(seconds: float = SECONDS) -> Iterator[None]:
    """Have Neutron's own retries in here end as soon.

    For what calls Neutron outside of a transaction, so that it tries again
    by itself; then it raises what it was tried for. A request of Neutron for
    another try is no failure, and goes on as it does.

    :param seconds: after which nothing is tried again
    """
    token = _patience.set(_Patience(seconds))
    try:
        yield
    finally:
        _patience.reset(token)


def watch_neutron() -> None:
    """Let Neutron's own retries end with their request; safe to repeat.

    They heed :func:`impatient` too. Outside of both, as in what an agent asks
    by RPC, they go on as they do.
    """
    # The one object that all of them are made with.
    stock = db_api._retry_db_errors
    stock.exception_checker = _neutron_tries_again


def _neutron_tries_again(exc: BaseException) -> bool:
    if _is_failed_reference(exc):
        return _references.allows(exc)
    if not _is_retriable(exc):
        return False
    patience = _patience.get() or _patience_of_request()
    return patience is None or patience.allows(exc)


def _patience_of_request() -> _Patience | None:
    kept = api_request.context()
    if kept is None:
        return None
    patience: _Patience = kept.setdefault(
        _OF_REQUEST, _Patience(REQUEST_SECONDS)
    )
    return patience


class _SameAgain(tenacity.stop.stop_base):
    """Ends the tries when a duplicate comes back the same.

    Or when references go on failing.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._references = 0

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        outcome = retry_state.outcome
        exc = outcome.exception() if outcome else None
        if _is_failed_reference(exc):
            self._references += 1
            return self._references >= SAME_REFERENCE
        what = _duplicate(exc)
        if what is None:
            return False
        self._seen[what] = self._seen.get(what, 0) + 1
        return self._seen[what] >= SAME_DUPLICATE


def bounded(
    function: Callable[_P, _R],
    seconds: float = SECONDS,
    pause: float = PAUSE,
) -> Callable[_P, _R]:
    """Have a function tried again when the database asks for it.

    For a function that begins its own transaction.

    :param seconds: after which it is not tried again
    :param pause: seconds, see PAUSE
    :returns: the function, which raises DuplicateRemains (409) or
        DatabaseBusy (503) when it was tried in vain; neither is tried again
        by Neutron
    """

    @functools.wraps(function)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_race),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(TRIES),
                tenacity.stop_after_delay(seconds),
                _SameAgain(),
            ),
            wait=tenacity.wait_random_exponential(multiplier=pause, max=1),
            reraise=True,
        )
        try:
            return retrying(function, *args, **kwargs)
        except Exception as exc:
            if not _is_race(exc):
                raise
            tries = retrying.statistics.get('attempt_number', 1)
            raise _refusal(exc, tries, function.__qualname__) from exc

    return wrapped


def kind_of(exc: Exception) -> type[n_exc.NeutronException] | None:
    """Return what a caller is told where others' rows were in the way.

    :param exc: whether it may be tried again, or Neutron did so in vain
    :returns: None for an error of another kind
    """
    if _duplicate(exc) is not None:
        return DuplicateRemains
    if _is_race(exc) or hasattr(exc, _TRIED_IN_VAIN):
        return DatabaseBusy
    return None


def _is_race(exc: BaseException) -> bool:
    return _is_retriable(exc) or _is_failed_reference(exc)


def _is_retriable(exc: BaseException) -> bool:
    return bool(db_api.is_retriable(exc))


def _refusal(exc: Exception, tries: int, name: str) -> Exception:
    """Return what a caller is told, after so many tries in vain."""
    if isinstance(exc, db_exc.RetryRequest):
        inner: Exception = exc.inner_exc
        exc = inner
        if isinstance(exc, n_exc.NeutronException):
            refused: Exception = exc
            return refused
    LOG.warning('%s was tried %d times in vain: %s', name, tries, exc)
    what = _duplicate(exc)
    if what is not None:
        return DuplicateRemains(what=what)
    return DatabaseBusy(tries=tries, reason=type(exc).__name__)
