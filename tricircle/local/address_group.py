# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups of central in a region.

They come with the security groups whose rules name them, or when somebody
asks for one by its ID.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from neutron.db.models import address_group as models
from neutron.objects import address_group as objects
from neutron_lib import exceptions
from neutron_lib.api.definitions import address_group as api
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import address_group as errors
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.local.asking import reads
from tricircle.local.engine import attributes
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import rbac
from tricircle.local.engine import refusals
from tricircle.local.engine.group import members
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.replica import types
from tricircle.replica.kinds.address_group import ADDRESS_GROUP

_NOUN: Final = 'Address group'
#: Addresses added or removed by one call, so that a lease outlives each.
_AT_ONCE: Final = 100
_RBAC: Final = rbac.Entries(objects.AddressGroupRBAC)


class PluginMixin(reads.ReadsMixin):
    """Getters and refusals in front of the real core plugin's."""

    def get_address_group(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return an address group, from central if need be."""
        with actor.reading():
            return self._get(
                types.ADDRESS_GROUP,
                super().get_address_group,
                context,
                id,
                *args,
                **kwargs,
            )

    def get_address_groups(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return address groups; those asked for also from central."""
        with actor.reading():
            return self._list(
                types.ADDRESS_GROUP,
                super().get_address_groups,
                context,
                filters,
                *args,
                **kwargs,
            )

    def update_address_group(
        self, context: Any, id: str, address_group: dict[str, Any]
    ) -> Any:
        """Change an address group of the region's own."""
        ownership.refuse(types.ADDRESS_GROUP, [id], _NOUN, 'change it')
        with actor.reading():
            return super().update_address_group(context, id, address_group)

    def delete_address_group(self, context: Any, id: str) -> Any:
        """Delete an address group of the region's own."""
        ownership.refuse(types.ADDRESS_GROUP, [id], _NOUN, 'delete it')
        with actor.reading():
            return super().delete_address_group(context, id)

    def add_addresses(
        self, context: Any, address_group_id: str, addresses: dict[str, Any]
    ) -> Any:
        """Add addresses to a group of the region's own."""
        ownership.refuse(
            types.ADDRESS_GROUP, [address_group_id], _NOUN, 'add the addresses'
        )
        with actor.reading():
            return super().add_addresses(context, address_group_id, addresses)

    def remove_addresses(
        self, context: Any, address_group_id: str, addresses: dict[str, Any]
    ) -> Any:
        """Remove addresses from a group of the region's own."""
        ownership.refuse(
            types.ADDRESS_GROUP,
            [address_group_id],
            _NOUN,
            'remove the addresses',
        )
        with actor.reading():
            return super().remove_addresses(
                context, address_group_id, addresses
            )

    def create_rbac_policy(
        self, context: Any, rbac_policy: dict[str, Any]
    ) -> Any:
        """Share what users see; Neutron does not look whether it is there."""
        entry = rbac_policy['rbac_policy']
        if entry['object_type'] == 'address_group' and members.is_derived(
            entry['object_id']
        ):
            raise errors.AddressGroupNotFound(
                address_group_id=entry['object_id']
            )
        return super().create_rbac_policy(context, rbac_policy)


def is_supported() -> bool:
    """Tell whether this region has address groups."""
    return attributes.has_extension(api.ALIAS)


def _find(context: Any, group_id: str) -> dict[str, Any] | None:
    # Not get_address_group(), which pulls in an API worker.
    found = directory.get_plugin().get_address_groups(
        context, filters={'id': [group_id]}
    )
    return dict(found[0]) if found else None


def make(
    context: Any,
    wanted: dict[str, Any],
    addresses: Iterable[str] = (),
    members_of: str | None = None,
) -> None:
    """Make a group, as Neutron does but for the ID.

    :param addresses: that it has from the first moment on, written at once:
        to add thousands takes Neutron minutes
    :param members_of: the security group whose members elsewhere it is for
    """
    plugin = directory.get_plugin()
    with db_api.CONTEXT_WRITER.using(context):
        if members_of is not None:
            ledger.mark(
                context.session,
                ledger.MEMBERS,
                wanted['id'],
                parent_id=members_of,
            )
        group = objects.AddressGroup(
            context,
            id=wanted['id'],
            project_id=wanted['project_id'],
            name=wanted['name'],
            description=wanted['description'],
        )
        group.create()
        rows = [
            {'address': one, 'address_group_id': wanted['id']}
            for one in sorted(addresses)
        ]
        if rows:
            context.session.execute(
                sa.insert(models.AddressAssociation.__table__), rows
            )
        made = {
            **plugin._make_address_group_dict(group),
            'addresses': [one['address'] for one in rows],
        }
    # For agents, who hear of its addresses as these are added.
    registry.publish(
        resources.ADDRESS_GROUP,
        events.AFTER_CREATE,
        plugin,
        payload=events.DBEventPayload(
            context, resource_id=wanted['id'], states=(made,)
        ),
    )


def _some(addresses: Iterable[str]) -> Iterator[list[str]]:
    every = sorted(addresses)
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]


def remove(
    context: Any, group_id: str, addresses: Iterable[str], doing: parts.Parts
) -> None:
    """Remove addresses, and tell agents; each some a part."""
    for some in _some(addresses):
        with doing.part('addresses removed'):
            directory.get_plugin().remove_addresses(
                context, group_id, {'addresses': some}
            )


def add(
    context: Any, group_id: str, addresses: Iterable[str], doing: parts.Parts
) -> None:
    """Add addresses, and tell agents; each some a part."""
    for some in _some(addresses):
        with doing.part('addresses'):
            directory.get_plugin().add_addresses(
                context, group_id, {'addresses': some}
            )


class AddressGroupApplier:
    """Carry out documents of address groups.

    A region without the extension has a row in the ledger only, and says so.
    """

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read an address group back in document form."""
        if not is_supported():
            return desired or {}, [ADDRESS_GROUP.resource]
        found = _find(context, resource_id)
        if found is None:
            return None
        group, omitted = attributes.project(
            {
                **found,
                'description': found['description'] or '',
                'addresses': sorted(found['addresses']),
            },
            ADDRESS_GROUP.names,
            desired and desired['address_group'],
            ADDRESS_GROUP.resource,
        )
        return {
            'address_group': group,
            'rbac': _RBAC.observe(context, resource_id),
        }, omitted

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse an address group of the region's own."""
        with db_api.CONTEXT_READER.using(context):
            if objects.AddressGroup.objects_exist(context, id=resource_id):
                raise refusals.ReplicaConflict(
                    type=types.ADDRESS_GROUP, id=resource_id
                )

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """It is applied before the rules that name it."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return whose it is."""
        return {'project_id': body['address_group']['project_id']}

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the group, its addresses and RBAC entries."""
        if not is_supported():
            return
        plugin = directory.get_plugin()
        wanted = body['address_group']
        group_id = wanted['id']
        if _find(context, group_id) is None:
            make(context, wanted)
        found = _find(context, group_id) or wanted
        here, there = set(found['addresses']), set(wanted['addresses'])
        remove(context, group_id, here - there, doing)
        _RBAC.withdraw(context, group_id, body, doing)
        with doing.part('attributes'):
            changed = attributes.changes(found, wanted, ADDRESS_GROUP.mutable)
            if changed:
                plugin.update_address_group(
                    context, group_id, {'address_group': changed}
                )
        add(context, group_id, there - here, doing)
        _RBAC.grant(context, group_id, body, doing)

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the group, unless rules name it still."""
        if not is_supported():
            return
        try:
            directory.get_plugin().delete_address_group(context, resource_id)
        except errors.AddressGroupNotFound:
            return
        except exceptions.InUse as exc:
            raise refusals.ReplicaInUse(
                type=types.ADDRESS_GROUP, id=resource_id, reason=exc
            ) from exc


KIND: Final = kinds.Kind(
    type=types.ADDRESS_GROUP,
    applier=AddressGroupApplier(),
    shared_as=('address_group', _NOUN),
    model=models.AddressGroup,
)
