# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Members of central's security groups that this region has no ports of.

They are an address group of the region's, see
:mod:`tricircle.local.engine.group.members`, from the first one on. While
there was none, and in a region that is alone with a project, there is
nothing.
"""

from typing import Any, Final

from neutron.db.models import address_group as models
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import address_group as errors
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.local import address_group
from tricircle.local.engine import attributes
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.engine.group import members
from tricircle.local.group import applier as group_applier
from tricircle.local.group import companions
from tricircle.plan import group_members as plan
from tricircle.replica import types
from tricircle.replica.kinds import group_members as contract

_ADDRESSES: Final[sa.Table] = models.AddressAssociation.__table__
_GROUPS: Final[sa.Table] = models.AddressGroup.__table__


def _is_supported() -> bool:
    return address_group.is_supported() and attributes.has_extension(
        group_applier.RULES_NAME_ADDRESSES
    )


def _addresses(context: Any, address_group_id: str) -> list[str] | None:
    """Return the addresses of an address group; None where it is not here.

    Not as objects, one by one: there may be thousands.
    """
    query = (
        sa.select(_ADDRESSES.c.address)
        .select_from(
            _GROUPS.outerjoin(
                _ADDRESSES, _ADDRESSES.c.address_group_id == _GROUPS.c.id
            )
        )
        .where(_GROUPS.c.id == address_group_id)
    )
    with db_api.CONTEXT_READER.using(context):
        found = list(context.session.scalars(query))
    if not found:
        return None
    return sorted(plan.cidr(one) for one in found if one is not None)


def _places(context: Any, group_id: str) -> dict[str, str]:
    """Return the ID of the address group by that of the group here."""
    (local_id,) = id_map.to_local(context, [group_id])
    return {local_id: members.address_group_id(group_id)}


class GroupMembersApplier:
    """Carry out documents of the members of groups that are elsewhere.

    A region without the extensions has a row in the ledger only, and says so.
    """

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read the addresses back, and whether rules name them."""
        if not _is_supported():
            return desired or {}, [contract.ADDRESSES]
        found = _addresses(context, members.address_group_id(resource_id))
        body: dict[str, Any] = {
            'security_group_id': resource_id,
            'addresses': found or [],
        }
        if found is not None and not companions.are_settled(
            context, _places(context, resource_id)
        ):
            # No document says that: it is not as it is to be.
            body['rules'] = 'some do not follow'
        return body, []

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse nothing: nobody else makes any with such an ID."""

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing requires them."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return nothing beside what all rows have."""
        return {}

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Remove and add addresses, and have the rules name them."""
        if not _is_supported():
            return
        group_id = body['security_group_id']
        wanted = set(body['addresses'])
        own_id = members.address_group_id(group_id)
        found = _addresses(context, own_id)
        if found is None:
            if not wanted:
                return
            address_group.make(
                context,
                {
                    'id': own_id,
                    'project_id': '',
                    'name': '',
                    'description': '',
                },
                sorted(wanted),
                members_of=group_id,
            )
            found = sorted(wanted)
        here = set(found)
        address_group.remove(context, own_id, here - wanted, doing)
        address_group.add(context, own_id, wanted - here, doing)
        with doing.part('rules that name them'):
            companions.settle(context, _places(context, group_id))

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Remove the rules that name them, and them."""
        if not _is_supported():
            return
        own_id = members.address_group_id(resource_id)
        companions.remove(context, own_id)
        try:
            directory.get_plugin().delete_address_group(context, own_id)
        except errors.AddressGroupNotFound:
            pass
        except exceptions.InUse as exc:
            raise refusals.ReplicaInUse(
                type=types.GROUP_MEMBERS, id=resource_id, reason=exc
            ) from exc
        with db_api.CONTEXT_WRITER.using(context):
            ledger.unmark(context.session, ledger.MEMBERS, [own_id])


KIND: Final = kinds.Kind(
    type=types.GROUP_MEMBERS, applier=GroupMembersApplier()
)
