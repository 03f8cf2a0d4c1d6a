# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What this region has to say of a port."""

import dataclasses
import json
from typing import Any

from neutron.objects import agent as agent_objects
from neutron.objects import ports as port_objects
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.local.port import detail as port_detail
from tricircle.local.port import dns_names
from tricircle.local.process import region
from tricircle.local.telling import revisions
from tricircle.replica import messages
from tricircle.replica import types

LOG = logging.getLogger(__name__)

#: VIF types, and the agent that serves them.
AGENT_OF_VIF = {
    portbindings.VIF_TYPE_OVS: types.AGENT_TYPE_OVS,
    portbindings.VIF_TYPE_VHOST_USER: types.AGENT_TYPE_OVS,
}
_UNBOUND = (
    portbindings.VIF_TYPE_UNBOUND,
    portbindings.VIF_TYPE_BINDING_FAILED,
)


#: More revisions than a port of a router ever has.
_REVISIONS = 1 << 24


class Deleted:
    """The region deleted the port, or gave up making it."""


@dataclasses.dataclass(frozen=True)
class Report:
    """The port is here."""

    body: messages.ReportBody


def read(
    port_id: str, conf: cfg.ConfigOpts, kind: str = types.PORT
) -> Report | Deleted | None:
    """Read how a port is, at one moment.

    :param kind: as what the ledger has it
    :returns: None when there is nothing to say: central itself removed it,
        or it is just being made
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        row = ledger.get(context.session, kind, port_id)
        if row is None:
            return None
        if row.state == State.DELETED:
            by_region = ledger.detail(row).get('by_region')
            return Deleted() if by_region else None
        if row.state == State.ALLOCATING:
            return None
        port = port_objects.Port.get_object(context, id=port_id)
        return (
            None if port is None else Report(_body(context, port, row, conf))
        )


def body_now(
    port_id: str, conf: cfg.ConfigOpts, kind: str = types.PORT
) -> messages.ReportBody | None:
    """Read how a port is, None when it is not here."""
    found = read(port_id, conf, kind)
    return found.body if isinstance(found, Report) else None


def _body(
    context: Any, port: Any, row: Replica, conf: cfg.ConfigOpts
) -> messages.ReportBody:
    binding = next(
        (one for one in port.bindings or () if one.status == constants.ACTIVE),
        None,
    )
    host = binding.host if binding else ''
    vif_type = binding.vif_type if binding else ''
    body = messages.ReportBody(
        revision=_revision(port, row),
        host=host,
        device_id=port.device_id or '',
        device_owner=port.device_owner or '',
        vif_type=vif_type,
        vnic_type=binding.vnic_type if binding else portbindings.VNIC_NORMAL,
        status=port.status or '',
    )
    agent_type = AGENT_OF_VIF.get(vif_type)
    if host and vif_type not in _UNBOUND and agent_type:
        body['agent_type'] = agent_type
        body['tunnel_ip'] = tunnel_ip(
            context,
            host,
            agent_type,
            conf,
            port_detail.known_address(row.detail, host),
        )
    if dns_names.are_served():
        name = str(port.dns.dns_name) if port.dns else ''
        body['dns_name'] = name
        body['dns_names_before'] = port_detail.dns_names(row.detail, name)
    if row.digest:
        body['epoch'] = row.epoch
        body['counter'] = row.counter
        body['digest'] = row.digest
    return body


def _revision(port: Any, row: Replica) -> int:
    """Return what tells an older report of a port from a newer one.

    Neutron counts the revisions of a port from its making. The port of a
    router is made again under the same ID when an interface comes back: a
    later one counts from where no earlier one ever gets.
    """
    revision = int(port.revision_number or 0)
    if row.resource_type != ledger.ROUTER_PORT:
        return revision
    made = int(port.db_obj.standard_attr_id)
    return made * _REVISIONS + min(revision, _REVISIONS - 1)


def tunnel_ip(
    context: Any,
    host: str,
    agent_type: str,
    conf: cfg.ConfigOpts,
    known: str | None = None,
) -> str | None:
    """Return the address that other regions reach a host's ports at.

    :param known: what it was. It is so until the host says otherwise: an
        operator who removes the row of an agent does not move its ports
    """
    if conf[client_conf.GROUP].cross_pod_vxlan_mode == 'l2gw':
        gateway = conf[local_conf.GROUP].l2gw_tunnel_ip
        return str(gateway) if gateway else None
    agent = agent_objects.Agent.get_object(
        context, agent_type=agent_type, host=host
    )
    if agent is None:
        return known
    configurations = agent.configurations or {}
    if isinstance(configurations, str):
        configurations = json.loads(configurations)
    address = configurations.get('tunneling_ip')
    return str(address) if address else None


@retries.bounded
def note(
    port_id: str, body: messages.ReportBody, kind: str = types.PORT
) -> None:
    """Remember what central was told and may have to hear otherwise.

    :param kind: as what the ledger has it
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        row = ledger.locked(context.session, kind, port_id)
        if row is not None:
            row.detail = port_detail.told(
                row.detail,
                body.get('tunnel_ip'),
                body['host'],
                bool(body['host'] or body['device_id']),
                body.get('dns_name'),
                body.get('supersedes'),
            )


class Sender:
    """Sends what is to be said of a port now.

    :param conf: the region's configuration
    :param client: central
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: central.CentralClient
    ) -> None:
        self._conf = conf
        self._client = client

    def send(self, port_id: str, timeout: float | None = None) -> None:
        """Tell central how a port is, or that it is gone.

        :param timeout: seconds to wait for an answer; None for the usual time
        """
        name = region.name(self._conf)
        found = read(port_id, self._conf)
        if found is None:
            return
        if isinstance(found, Deleted):
            self._client.deleted(port_id, name, timeout=timeout)
            return
        try:
            body = revisions.send(
                f'port {port_id}',
                found.body,
                lambda body: self._client.report(
                    port_id, name, body, timeout=timeout
                ),
                lambda: body_now(port_id, self._conf),
            )
        except central_errors.CentralError as exc:
            if exc.type != 'PortNotFound':
                raise
            # Central has deleted it; its own job will remove it here.
            LOG.info('Central has no port %s any more', port_id)
            return
        note(port_id, body)
