# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Refusals that belong to the daily round, told as such and not as errors.

Neutron logs what ends a request with 503, and what an RPC endpoint raises,
as an error with a traceback. That central is away, or that an agent is early,
is neither a defect nor news.
"""

from collections.abc import Callable
import functools
import inspect
import logging
from typing import Any, Final, NoReturn

from neutron_lib import exceptions
import oslo_messaging

from tricircle.local.engine import refusals

#: Refusals of a moment: the caller is to ask again.
REFUSALS: Final = (exceptions.ServiceUnavailable,)
#: Where Neutron logs what ended a request of its API, or kept its policy
#: from being looked at.
_API_LOGS: Final = (
    'neutron.pecan_wsgi.hooks.translation',
    'neutron.api.v2.resource',
    'neutron.policy',
    # What a mechanism driver raises, as ours does for a port that central
    # wants back and somebody uses again.
    'neutron.plugins.ml2.managers',
)


class OneLine(logging.Filter):
    """Makes one line of the traceback of a refusal."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass, refusals as warnings."""
        exc = record.exc_info[1] if record.exc_info else None
        if isinstance(exc, (*REFUSALS, refusals.ReplicaInUse)):
            record.exc_info = record.exc_text = None
            record.levelno = logging.WARNING
            record.levelname = logging.getLevelName(logging.WARNING)
            record.msg, record.args = '%s: %s', (record.getMessage(), exc)
        return True


_ONE_LINE: Final = OneLine()


def in_logs_of_the_api() -> None:
    """Log refusals of the API in one line; safe to repeat."""
    for name in _API_LOGS:
        logging.getLogger(name).addFilter(_ONE_LINE)


class Endpoint:
    """An RPC endpoint of Neutron's, whose refusals are expected.

    The server does not log them, and the agent gets them as before, but for
    the DHCP agent: see :func:`_too_early`.
    """

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._endpoint, name)
        # A target can be called as well.
        return _expected(found) if inspect.isroutine(found) else found


def _expected(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except refusals.DhcpPortNotReserved as exc:
            _too_early(exc)
        except REFUSALS:
            raise oslo_messaging.ExpectedException() from None

    return call


def _too_early(exc: refusals.DhcpPortNotReserved) -> NoReturn:
    """Have a DHCP agent synchronise again, without a word in its log.

    It does so for one error only that reaches it: a network that is gone.
    Neutron's RPC makes none of neutron-lib's errors anew (``neutron_lib.rpc``
    lists modules where oslo.messaging looks for names), so the agent goes by
    the name of this one.
    """
    told = exceptions.NetworkNotFound(net_id='')
    told.msg = str(exc)
    try:
        raise told from exc
    except exceptions.NetworkNotFound:
        raise oslo_messaging.ExpectedException() from None
