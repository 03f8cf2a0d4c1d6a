# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The API request that is being served, and whether it may ask central."""

import re
import time
from typing import Any

from neutron_lib import context as neutron_context
from oslo_context import context as oslo_context
import pecan

from tricircle.db import api_request
from tricircle.local.engine.owner import actor
from tricircle.local.process import region

_DEADLINE = 'tricircle_deadline'
_DELETED = 'tricircle_deleted_ports'
_NOT_FOUND = 'tricircle_not_found'
_ELSEWHERE = 'tricircle_ports_elsewhere'
#: A port itself, or its tags.
_OF_A_PORT = re.compile(r'/ports/[^/]+(/tags(/.*)?)?/?$')
_THE_PORT = re.compile(r'/ports/[^/]+/?$')


def caller() -> Any:
    """Return the context of whoever sent the request, None without one.

    A plugin is often called with another context: the policy engine's owner
    check reads with an admin's (neutron29-rules, rule 10).
    """
    current = api_request.context()
    if current:
        return current.get('neutron_context')
    return _caller_before_pecan()


def _caller_before_pecan() -> Any:
    """Return the caller of what Neutron serves without pecan.

    Security groups are among that: their extension is routed in front of
    pecan. So is our own API for XJob, on whose behalf central is not asked:
    its caller has the role of a service.
    """
    found = oslo_context.get_current()
    if not isinstance(found, neutron_context.ContextBase):
        return None
    return None if 'service' in found.roles else found


def note_caller(context: Any) -> None:
    """Make the caller's context the current one of a request without pecan.

    Neutron's notifier makes a copy without the token, which takes its place:
    central would be asked as the region itself.
    """
    if api_request.context() is None and getattr(context, 'auth_token', None):
        context.update_store()


def is_look() -> bool:
    """Tell whether the request reads, and uses nothing that it names.

    Neutron reads a port before it judges who may change or delete it: that
    the port is used is known only later.
    """
    if api_request.context() is None:
        return True
    if pecan.request.method in ('GET', 'HEAD'):
        return True
    return (
        pecan.request.method in ('PUT', 'DELETE')
        and _OF_A_PORT.search(pecan.request.path) is not None
    )


def is_write() -> bool:
    """Tell whether the request is to make or change something."""
    return api_request.context() is not None and pecan.request.method not in (
        'GET',
        'HEAD',
    )


def is_check_of_owner(context: Any) -> bool:
    """Tell whether the policy engine looks, for who reads something else.

    It asks for the owner of the network of each port in a list, with an
    administrator's context that is nobody's (neutron29-rules, rule 10).

    :param context: the context of the look
    """
    return context.is_admin and context.user_id is None and not is_write()


def note_not_found(key: object, answer: Exception) -> None:
    """Remember, while the request lasts, what central does not know."""
    current = api_request.context()
    if current is not None:
        current.setdefault(_NOT_FOUND, {})[key] = answer


def not_found(key: object) -> Any:
    """Return what central answered this request, None if it did not."""
    current = api_request.context()
    return None if current is None else current.get(_NOT_FOUND, {}).get(key)


def is_of_api() -> bool:
    """Tell whether a request of the API is served, not one of an agent."""
    return api_request.context() is not None


def is_for_a_port() -> bool:
    """Tell whether the request is to change or delete a port."""
    return (
        api_request.context() is not None
        and pecan.request.method in ('PUT', 'DELETE')
        and _THE_PORT.search(pecan.request.path) is not None
    )


def is_port_deletion() -> bool:
    """Tell whether the request is to delete a port."""
    return is_deletion() and _THE_PORT.search(pecan.request.path) is not None


def note_elsewhere(port_id: str, shown: dict[str, Any]) -> None:
    """Remember, while the request lasts, what central showed of a port."""
    current = api_request.context()
    if current is not None:
        current.setdefault(_ELSEWHERE, {})[port_id] = shown


def forget_elsewhere(port_id: str) -> None:
    """Forget what central showed of a port that this request brought here."""
    current = api_request.context()
    if current is not None:
        current.get(_ELSEWHERE, {}).pop(port_id, None)


def elsewhere(port_id: str) -> dict[str, Any] | None:
    """Return what this request was shown of a port by central."""
    current = api_request.context()
    if current is None:
        return None
    found: dict[str, Any] | None = current.get(_ELSEWHERE, {}).get(port_id)
    return found


def all_elsewhere() -> list[str]:
    """Return the ports that this request found to be elsewhere."""
    current = api_request.context()
    return [] if current is None else list(current.get(_ELSEWHERE, {}))


def is_deletion() -> bool:
    """Tell whether the request is a DELETE."""
    return (
        api_request.context() is not None and pecan.request.method == 'DELETE'
    )


def is_of_an_administrator() -> bool:
    """Tell whether an administrator sent the request."""
    current = caller()
    return current is not None and bool(current.is_admin)


def note_deletion(port_id: str) -> None:
    """Note that this request deletes a port of central's."""
    current = api_request.context()
    if current is not None:
        current.setdefault(_DELETED, set()).add(port_id)


def has_deleted(port_id: str) -> bool:
    """Tell whether this request has deleted a port of central's."""
    current = api_request.context()
    return current is not None and port_id in current.get(_DELETED, ())


def request_id() -> str | None:
    """Return the ID under which the request is known in every service."""
    current = caller()
    return None if current is None else current.global_id


def time_left(total: float) -> float:
    """Return the seconds that this request may still wait for central.

    :param total: what one request may wait in all; it starts to run when
        central is asked first
    """
    current = api_request.context()
    if current is None:
        return total
    deadline = current.setdefault(_DEADLINE, time.monotonic() + total)
    return max(0.0, float(deadline) - time.monotonic())


def restart_time(total: float) -> None:
    """Let the time that this request may wait for central run anew.

    For one that asks for much, a part at a time: central has just answered.

    :param total: seconds from now
    """
    current = api_request.context()
    if current is not None:
        current[_DEADLINE] = time.monotonic() + total


def may_ask_central(context: Any) -> bool:
    """Tell whether central may be asked here and now (rule 4).

    In an API worker, for a request of a user, outside any transaction and
    not while carrying out what central wants.

    :param context: the context of the call in question
    """
    if not region.is_api_worker() or actor.is_applying():
        return False
    note_caller(context)
    current = caller()
    return (
        current is not None
        and not region.in_transaction(context)
        and not region.in_transaction(current)
    )


def may_pull(context: Any) -> bool:
    """Tell whether a getter may bring here what it does not find.

    A deletion brings nothing: what is not here cannot be deleted here. But
    for that of a port which is elsewhere: Neutron asks who owns its network.

    :param context: as for :func:`may_ask_central`
    """
    return may_ask_central(context) and (
        not is_deletion() or bool(all_elsewhere())
    )
