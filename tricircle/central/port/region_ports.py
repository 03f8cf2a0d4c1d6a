# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that regions ask for.

A region chooses the port's ID and sends one ``POST /v2.0/ports`` with it
and with ``tricircle:region``. That is safe to repeat: the ID is looked up
before anything is made, inside Neutron's own retries.
"""

from collections.abc import Iterable, Iterator, Mapping
import contextlib
from typing import Any, Final

from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.callbacks import events
from neutron_lib.callbacks import exceptions as callback_exc
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.central.engine import documents
from tricircle.central.engine import presence
from tricircle.central.engine import regions
from tricircle.central.held import visibility
from tricircle.central.port import devices
from tricircle.central.port import presence as port_presence
from tricircle.conf import fault_point
from tricircle.db import aside
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.extensions import tricircle_region_port
from tricircle.replica import messages
from tricircle.replica import types

LOG = logging.getLogger(__name__)
ALIAS: Final = tricircle_region_port.ALIAS

#: Pods of the ports that are being made for a region, by the port's ID.
_placing: Final = aside.Aside[Mapping[str, presence_db.Pod]]('placing')


class PortTaken(n_exc.Conflict):
    """A port with that ID is there, and is another one."""

    message = 'Port %(port_id)s exists already: %(reason)s.'


class _AlreadyMadeError(Exception):
    """The ID is in use; what of, is found out by who asked."""


def _look_before_create(
    resource: str, event: str, trigger: Any, payload: Any
) -> None:
    """Stop a creation whose ID is in use.

    Neutron takes a duplicate ID for a lost race and tries it twenty times
    over. This is called before each of those.
    """
    port_id = payload.latest_state.get('id')
    if port_id not in (_placing.of(payload.context) or {}):
        return
    routing = central_models.ResourceRouting
    with db_api.CONTEXT_READER.using(payload.context):
        if (
            payload.context.session.execute(
                sa.union_all(
                    sa.select(tables.ports.c.id).where(
                        tables.ports.c.id == port_id
                    ),
                    # Of one that was deleted, until its region followed.
                    sa.select(routing.top_id).where(
                        routing.exclusive_key == port_id
                    ),
                )
            ).first()
            is not None
        ):
            raise _AlreadyMadeError(port_id)


class RegionPortsMixin:
    """What a core plugin needs to make ports for regions.

    It goes in front of Ml2Plugin.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Register what has to come after the core plugin's own."""
        plugin = super().__new__(cls, *args, **kwargs)
        visibility.register()
        registry.subscribe(
            _look_before_create, resources.PORT, events.BEFORE_CREATE
        )
        return plugin

    def create_port(self, context: Any, port: dict[str, Any]) -> Any:
        """Make a port, for a region if ``tricircle:region`` says so.

        The answer then carries the port's document. The same ID, region
        and network again are answered the same.

        :raises ReservedDevice: when the caller may not say that of a device
        :raises PodNotFound: when there is no such region
        :raises Forbidden: when the service that asks acts for another
        :raises NetworkNotFound: when the region is not in the network's
            scope, or the caller may not see the network
        :raises PortInUse: when another region has the port
        :raises PortTaken: when the ID is that of another port
        """
        attrs = dict(port['port'])
        devices.check(context, attrs)
        region_name = attrs.pop(messages.REGION_ATTRIBUTE, None)
        if not _is_set(region_name):
            if not _is_set(attrs.get('id')):
                attrs.pop('id', None)
            return super().create_port(  # type: ignore[misc]
                context, {'port': attrs}
            )
        made, _ = self._create_in_region(context, attrs, region_name)
        made[messages.DOCUMENT_ATTRIBUTE] = documents.answer(
            types.PORT, made['id'], region_name
        ).to_dict()
        return made

    def create_port_bulk(self, context: Any, ports: dict[str, Any]) -> Any:
        """Make several ports, or none.

        Those for regions are made one by one: Neutron's own bulk creation
        commits the addresses before the ports, and a crash in between
        would leak them. If one fails, those made before it are deleted.
        """
        bodies = [dict(one['port']) for one in ports['ports']]
        for body in bodies:
            devices.check(context, body)
        if not any(
            _is_set(body.get(messages.REGION_ATTRIBUTE)) for body in bodies
        ):
            for body in bodies:
                body.pop(messages.REGION_ATTRIBUTE, None)
                if not _is_set(body.get('id')):
                    body.pop('id', None)
            return super().create_port_bulk(  # type: ignore[misc]
                context, {'ports': [{'port': body} for body in bodies]}
            )
        made: list[Any] = []
        new: list[str] = []
        placed: dict[str, list[str]] = {}
        try:
            for body in bodies:
                region_name = body.pop(messages.REGION_ATTRIBUTE, None)
                if _is_set(region_name):
                    port, is_new = self._create_in_region(
                        context, body, region_name
                    )
                    placed.setdefault(region_name, []).append(port['id'])
                else:
                    port, is_new = (
                        self.create_port(context, {'port': body}),
                        True,
                    )
                made.append(port)
                if is_new:
                    new.append(port['id'])
        except Exception:
            self._undo(context, new)
            raise
        for region_name, port_ids in placed.items():
            found = documents.answers(types.PORT, port_ids, region_name)
            for port in made:
                if port['id'] in found:
                    port[messages.DOCUMENT_ATTRIBUTE] = found[
                        port['id']
                    ].to_dict()
        return made

    def update_port(self, context: Any, id: str, port: dict[str, Any]) -> Any:
        """Change a port; of its device not all may say everything.

        :raises ReservedDevice: see
            :func:`tricircle.central.port.devices.check`
        :raises DeviceOfRegion: when a region has the port
        """
        if devices.says_something(port['port']):
            found = self.get_port(context, id)  # type: ignore[attr-defined]
            devices.check(context, port['port'], found)
            devices.check_place(context, port['port'], found)
        return super().update_port(context, id, port)  # type: ignore[misc]

    def _undo(self, context: Any, port_ids: list[str]) -> None:
        for port_id in port_ids:
            try:
                self.delete_port(  # type: ignore[attr-defined]
                    context.elevated(), port_id
                )
            except Exception:
                # The region gives back what it never got an answer for.
                LOG.exception(
                    'Could not undo the creation of port %s', port_id
                )

    def _create_in_region(
        self, context: Any, attrs: dict[str, Any], region_name: str
    ) -> tuple[Any, bool]:
        """Return the port, and whether it was made just now."""
        port_id: str = attrs.get('id') or ''
        if not _is_set(attrs.get('id')):
            raise n_exc.BadRequest(
                resource='port',
                msg='a region has to choose the ID of the port it asks for',
            )
        pod = _enter_network(context, attrs['network_id'], region_name)
        try:
            with placed_in(context, pod, [port_id]):
                made = super().create_port(  # type: ignore[misc]
                    context, {'port': attrs}
                )
        except callback_exc.CallbackFailure as failure:
            if not any(
                isinstance(error.error, _AlreadyMadeError)
                for error in failure.errors
            ):
                raise
            return self._made_before(context, attrs, pod), False
        fault_point.reach('central.port.allocated')
        return made, True

    def _made_before(
        self, context: Any, attrs: dict[str, Any], pod: presence_db.Pod
    ) -> Any:
        port_id = attrs['id']
        try:
            port = self.get_port(  # type: ignore[attr-defined]
                context.elevated(), port_id
            )
        except n_exc.PortNotFound as exc:
            raise PortTaken(
                port_id=port_id,
                reason='it was deleted, and a region has yet to follow; '
                'choose another ID',
            ) from exc
        if port['network_id'] != attrs['network_id']:
            raise PortTaken(port_id=port_id, reason='on another network')
        if port['project_id'] != attrs.get('project_id'):
            raise PortTaken(port_id=port_id, reason='of another project')
        with db_api.CONTEXT_READER.using(context):
            holders = presence_db.regions_of(
                context.session, types.PORT, port_id
            )
        if not holders:
            raise PortTaken(port_id=port_id, reason='in no region')
        if holders != [pod.region_name]:
            raise port_presence.PortInUse(
                port_id=port_id,
                holder=holders[0],
                reason=f'{pod.region_name} cannot make it',
            )
        return port


def _is_set(value: Any) -> bool:
    return value is not None and value is not constants.ATTR_NOT_SPECIFIED


def _enter_network(
    context: Any, network_id: str, region_name: str
) -> presence_db.Pod:
    """Return the pod, after giving it the network if it has it not."""
    with db_api.CONTEXT_READER.using(context):
        regions.authorize(context.session, context, region_name)
        pod = regions.receiving_pod(context.session, region_name)
        present = presence_db.present_in(
            context.session, types.NETWORK, [network_id], pod.pod_id
        )
    if not present:
        presence.grant(
            types.NETWORK, network_id, region_name, presence.Caller.of(context)
        )
    return pod


@contextlib.contextmanager
def placed_in(
    context: Any, pod: presence_db.Pod, port_ids: Iterable[str]
) -> Iterator[None]:
    """Have ports that are made in here be in a region from the start."""
    placed = {**(_placing.of(context) or {}), **dict.fromkeys(port_ids, pod)}
    with _placing.said(context, placed):
        yield


def on_create_precommit(
    plugin_context: Any, port: dict[str, Any]
) -> str | None:
    """Put a port that is being made for a region in that region.

    For the mechanism driver: in the transaction that makes the port.

    :returns: the region's name; None when it is made for none
    """
    pod = (_placing.of(plugin_context) or {}).get(port['id'])
    if pod is None:
        return None
    port_presence.place(
        plugin_context.session,
        pod,
        port['id'],
        port['network_id'],
        port['project_id'],
        port['device_id'],
        port.get('qos_policy_id'),
        made_here=True,
    )
    return pod.region_name
