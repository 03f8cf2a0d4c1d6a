# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports as members of security groups: what other regions hear of them."""

from collections.abc import Mapping
from typing import Any, Final

from neutron_lib.api.definitions import allowedaddresspairs as aap_apidef
from sqlalchemy import orm

from tricircle.db.central import presence as presence_db
from tricircle.db.central.group import members as central_members
from tricircle.journal import group_members
from tricircle.journal import intent
from tricircle.replica import types

#: What every update changes.
_COUNTED: Final = frozenset(['revision_number', 'updated_at'])


def _groups(port: Mapping[str, Any]) -> set[str]:
    return set(port.get('security_groups') or ())


def _addresses(port: Mapping[str, Any]) -> set[str]:
    return {
        one['ip_address']
        for name in ('fixed_ips', aap_apidef.ADDRESS_PAIRS)
        for one in port.get(name) or ()
    }


def _is_touched(port: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    """Tell whether an update says nothing.

    So Neutron announces the addresses that it gave to ports by itself, when
    a subnet came by which they make their own.
    """
    return all(
        port.get(name) == original.get(name)
        for name in {*port, *original} - _COUNTED
    )


def created(
    session: orm.Session, port: Mapping[str, Any], region_name: str | None
) -> None:
    """Record that a group has one more member.

    :param region_name: the region that the port is made for, if for one
    """
    group_members.changed(
        session, _groups(port), () if region_name is None else (region_name,)
    )


def updated(
    session: orm.Session, port: Mapping[str, Any], original: Mapping[str, Any]
) -> None:
    """Record what an update of a port is to its groups, if anything."""
    was, is_ = _groups(original), _groups(port)
    if _addresses(original) != _addresses(port) or (
        is_ and _is_touched(port, original)
    ):
        changed = was | is_
    else:
        changed = was ^ is_
    if changed:
        group_members.changed(session, changed, _has_it(session, port))


def leaving(
    session: orm.Session, port: Mapping[str, Any]
) -> list[intent.Intent]:
    """Return what to record of a port that is being deleted.

    To be asked before it is forgotten where the port is.
    """
    groups = _groups(port)
    return group_members.intents(
        session, groups, _has_it(session, port) if groups else ()
    )


def subnet_deleted(session: orm.Session, subnet_id: str) -> None:
    """Record that ports lose the addresses that they made of a subnet."""
    group_members.changed(
        session, central_members.groups_in(session, subnet_id)
    )


def _has_it(session: orm.Session, port: Mapping[str, Any]) -> list[str]:
    """Return the name of the region that has a port, if one has it."""
    return [
        pod.region_name
        for pod in presence_db.pods_to_tell(session, types.PORT, port['id'])
    ]
