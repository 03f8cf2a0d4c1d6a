# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports on central networks: allocated by central, then made here."""

from collections.abc import Callable
from typing import Any

from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.api import validators
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import uuidutils

from tricircle.client import central
from tricircle.conf import fault_point
from tricircle.local import apply
from tricircle.local import errors
from tricircle.local import guard
from tricircle.local import id_map
from tricircle.local import ledger
from tricircle.local import outbox
from tricircle.local import port_applier
from tricircle.local import region
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

#: What a request may say to central; host, profile and the like are the
#: region's own.
SENT = ('network_id', 'name', 'description', 'admin_state_up', 'mac_address',
        'fixed_ips', 'security_groups', 'allowed_address_pairs',
        'port_security_enabled', 'extra_dhcp_opts', 'device_id',
        'device_owner', 'binding:vnic_type', 'project_id')


class Allocator:
    """Allocate for one plugin."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._client = central.CentralClient(conf)

    def create(self, context: Any, ports: list[dict[str, Any]],
               make: Callable[[list[dict[str, Any]]], Any]) -> Any:
        """Allocate ports in central, then make them here.

        :param ports: request bodies (the inner dicts), all on central
            networks
        :param make: creates the ports, given their bodies with everything
            that central decided
        :raises CentralUnavailable: central does not answer; nothing is made
        """
        ids = [uuidutils.generate_uuid() for _ in ports]
        self._record(ids, ports)
        fault_point.reach('local.port.recorded')
        try:
            answers = self._client.allocate(context, [
                self._request(context, port_id, port)
                for port_id, port in zip(ids, ports, strict=True)])
        except central.CentralUnreachable as exc:
            # It may have been done: the outbox gives it back.
            outbox.enqueue_now(types.PORT, ids)
            raise errors.translate(exc) from exc
        except central.CentralError as exc:
            self._forget(ids)
            raise errors.translate(exc) from exc
        fault_point.reach('local.port.allocated')
        try:
            return self._make(ids, ports, answers, make)
        except Exception:
            outbox.enqueue_now(types.PORT, ids)
            raise

    def _make(self, ids: list[str], ports: list[dict[str, Any]],
              answers: list[dict[str, Any]],
              make: Callable[[list[dict[str, Any]]], Any]) -> Any:
        admin = neutron_context.get_admin_context()
        by_id = {answer['id']: answer for answer in answers}
        documents = [Document.from_dict(
            by_id[port_id][messages.DOCUMENT_ATTRIBUTE]) for port_id in ids]
        for document in documents:
            apply.apply_required(admin, document)
        fault_point.reach('local.port.required')
        bodies = [
            {**port, **port_applier.creation(
                admin, dict(document.body)['port'], port)}
            for port, document in zip(ports, documents, strict=True)]
        self._note_generations(documents)
        with guard.granted():
            made = make(bodies)
        fault_point.reach('local.port.created')
        return made

    @staticmethod
    def _note_generations(documents: list[Document]) -> None:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(context):
            for one in documents:
                row = ledger.get(context.session, types.PORT, one.id)
                if row is not None:
                    row.epoch = one.generation.epoch
                    row.counter = one.generation.counter
                    row.digest = one.digest

    @staticmethod
    def _record(ids: list[str], ports: list[dict[str, Any]]) -> None:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(context):
            for port_id, port in zip(ids, ports, strict=True):
                ledger.mark(
                    context.session, types.PORT, port_id,
                    parent_id=port['network_id'],
                    project_id=port.get('project_id'),
                    state=ledger.State.ALLOCATING)

    @staticmethod
    def _forget(ids: list[str]) -> None:
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(context):
            ledger.unmark(context.session, types.PORT, ids)

    def _request(self, context: Any, port_id: str,
                 port: dict[str, Any]) -> dict[str, Any]:
        body = {key: port[key] for key in SENT
                if key in port and validators.is_attr_set(port[key])}
        if 'security_groups' in body:
            body['security_groups'] = id_map.to_central(
                neutron_context.get_admin_context(),
                body['security_groups'])
        if 'fixed_ips' in body:
            body['fixed_ips'] = [dict(one) for one in body['fixed_ips']]
        if body.get('binding:vnic_type') == 'normal':
            del body['binding:vnic_type']
        body['id'] = port_id
        body[messages.REGION_ATTRIBUTE] = region.name(self._conf)
        return body


#: Owners of ports that Neutron makes for itself, not for a user; rule 4.
OWN_DEVICE_OWNERS = frozenset({
    constants.DEVICE_OWNER_DHCP,
    constants.DEVICE_OWNER_ROUTER_GW,
    constants.DEVICE_OWNER_FLOATINGIP,
    constants.DEVICE_OWNER_ROUTER_SNAT,
    constants.DEVICE_OWNER_DVR_INTERFACE,
    constants.DEVICE_OWNER_ROUTER_HA_INTF,
    constants.DEVICE_OWNER_HA_REPLICATED_INT,
    constants.DEVICE_OWNER_LOCAL_IP,
    types.SHADOW_DEVICE_OWNER,
})


def is_users(port: dict[str, Any]) -> bool:
    """Tell whether a port is made for a user, who asks central for it."""
    owner = port.get('device_owner')
    return not validators.is_attr_set(owner) or (
        owner not in OWN_DEVICE_OWNERS)
