# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Carry out documents of trunks.

They come with their parent port, before that is bound: an instance is plugged
into a bridge of its trunk, or into none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from neutron.objects import trunk as objects
from neutron.services.trunk import rules
from neutron_lib import exceptions
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from neutron_lib.services.trunk import constants

from tricircle.conf import fault_point
from tricircle.local.engine import attributes
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.port.usage import release as releasing
from tricircle.replica import types
from tricircle.replica.kinds.trunk import TRUNK

_KEYS = ('port_id', 'segmentation_type', 'segmentation_id')


def plugin() -> Any:
    """Return the region's trunk plugin, None where it has none."""
    return directory.get_plugin('trunk')


def find(context: Any, trunk_id: str) -> Any:
    """Return Neutron's object of a trunk, None when it is not here."""
    with db_api.CONTEXT_READER.using(context):
        return objects.Trunk.get_object(context, id=trunk_id)


def carried(trunk: Any) -> list[dict[str, Any]]:
    """Return what a trunk carries, in the form that documents have it."""
    return sorted(
        ({key: one[key] for key in _KEYS} for one in trunk['sub_ports']),
        key=lambda one: str(one['port_id']),
    )


def drop(context: Any, trunk: Any, port_ids: Iterable[str]) -> None:
    """Take ports out of a trunk; they are bound to its host no more."""
    gone = sorted(port_ids)
    if not gone:
        return
    _enable(context, trunk)
    # First, so that whoever is interrupted does it again.
    _unbind(context, gone)
    plugin().remove_subports(
        context, trunk['id'], {'sub_ports': [{'port_id': one} for one in gone]}
    )


def _enable(context: Any, trunk: Any) -> None:
    """Make a trunk one that may be changed; documents say what it is then."""
    if not trunk['admin_state_up']:
        plugin().update_trunk(
            context, trunk['id'], {'trunk': {'admin_state_up': True}}
        )


def _unbind(context: Any, port_ids: Iterable[str]) -> None:
    """Undo what the trunk did with ports when the parent was bound.

    Neutron leaves it. Here a port that nothing uses is for the next region.
    """
    core_plugin = directory.get_plugin()
    for port_id in port_ids:
        try:
            port = core_plugin.get_port(context, port_id)
            if port['device_owner'] != constants.TRUNK_SUBPORT_OWNER:
                continue
            core_plugin.update_port(
                context,
                port_id,
                {'port': {portbindings.HOST_ID: '', 'device_owner': ''}},
            )
        except exceptions.PortNotFound:
            continue


def _make(context: Any, wanted: Mapping[str, Any]) -> None:
    """Make a trunk, as Neutron does but for the ID."""
    trunks = plugin()
    valid = trunks.validate(
        context,
        {**wanted, 'sub_ports': [dict(one) for one in wanted['sub_ports']]},
    )
    with db_api.CONTEXT_WRITER.using(context):
        made = objects.Trunk(
            context,
            admin_state_up=wanted['admin_state_up'],
            id=wanted['id'],
            name=wanted['name'],
            description=wanted['description'],
            project_id=wanted['project_id'],
            port_id=wanted['port_id'],
            status=constants.TRUNK_DOWN_STATUS,
            sub_ports=[
                objects.SubPort(context, **{key: one[key] for key in _KEYS})
                for one in valid['sub_ports']
            ],
        )
        made.create()
        registry.publish(
            resources.TRUNK,
            events.PRECOMMIT_CREATE,
            trunks,
            payload=events.DBEventPayload(
                context, resource_id=made.id, desired_state=made
            ),
        )
    registry.publish(
        resources.TRUNK,
        events.AFTER_CREATE,
        trunks,
        payload=events.DBEventPayload(
            context, resource_id=made.id, states=(made,)
        ),
    )


class TrunkApplier:
    """Carry out trunk documents.

    A region without the extension has a row in the ledger only, and says so.
    """

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a trunk back in document form."""
        if plugin() is None:
            return desired or {}, [TRUNK.resource]
        found = find(context, resource_id)
        if found is None:
            return None
        body, omitted = attributes.project(
            {
                **found.to_dict(),
                'description': found.description or '',
                'sub_ports': carried(found),
                **attributes.tags_of(context, TRUNK.collection, resource_id),
            },
            TRUNK.names,
            desired and desired[TRUNK.resource],
            TRUNK.resource,
        )
        return {TRUNK.resource: body}, omitted

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse a trunk of the region's own."""
        if plugin() is not None and find(context, resource_id) is not None:
            raise refusals.ReplicaConflict(type=types.TRUNK, id=resource_id)

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Nothing refers to a trunk."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return parent port and project of a trunk."""
        wanted = body[TRUNK.resource]
        return {
            'parent_id': wanted['port_id'],
            'project_id': wanted['project_id'],
        }

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the trunk; what it carries no more goes first."""
        trunks = plugin()
        if trunks is None:
            return
        wanted = body[TRUNK.resource]
        trunk_id = wanted['id']
        found = find(context, trunk_id)
        if found is None:
            _make(context, wanted)
            found = find(context, trunk_id)
        here, there = carried(found), wanted['sub_ports']
        with doing.part('subports removed'):
            drop(
                context,
                found,
                [one['port_id'] for one in here if one not in there],
            )
        with doing.part('subports'):
            new = [dict(one) for one in there if one not in here]
            if new:
                _enable(context, find(context, trunk_id))
                trunks.add_subports(context, trunk_id, {'sub_ports': new})
        with doing.part('attributes'):
            shown = trunks.get_trunk(context, trunk_id)
            changed = attributes.changes(shown, wanted, TRUNK.mutable)
            if changed:
                trunks.update_trunk(context, trunk_id, {'trunk': changed})
        with doing.part('tags'):
            attributes.set_tags(
                context,
                TRUNK.collection,
                attributes.tags_of(context, TRUNK.collection, trunk_id),
                wanted,
            )

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the trunk, unless an instance has it; its ports stay."""
        trunks = plugin()
        found = None if trunks is None else find(context, resource_id)
        if found is None:
            return
        parent = rules.TrunkPortValidator(found.port_id)
        if not parent.can_be_trunked_or_untrunked(context):
            raise refusals.ReplicaInUse(
                type=types.TRUNK,
                id=resource_id,
                reason=f'its parent port {found.port_id} is bound',
            )
        if release:
            with db_api.CONTEXT_WRITER.using(context):
                releasing.check_unused(context.session, found.port_id)
            with leases.leased(types.TRUNK, resource_id) as lease:
                # Before its parent is: whoever uses that again has the trunk
                # along, and is not to take it for what is here.
                lease.begin()
            with db_api.CONTEXT_WRITER.using(context):
                releasing.begin(context.session, found.port_id)
            fault_point.reach('local.trunk.leaving')
        _enable(context, found)
        _unbind(context, [one['port_id'] for one in carried(found)])
        trunks.delete_trunk(context, resource_id)
