# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which probe ports are on this host, asked from the region's Neutron."""

from collections.abc import Collection, Iterable, Mapping
import dataclasses
import ipaddress
from typing import Any, Final

from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron_lib import context as contexts
from neutron_lib.api.definitions import portbindings
from oslo_log import log as logging

from tricircle.replica import probes

LOG = logging.getLogger(__name__)

#: Ports on one host. A command needs four; more are others'.
MOST: Final = 16


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A port that is to be on this host.

    :ivar addresses: with their length
    :ivar gateways: one of a family at most
    """

    id: str
    network_id: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    probes: tuple[probes.Probe, ...]


def pull(host: str) -> dict[str, Wanted]:
    """Ask the region's Neutron for the probe ports of a host, by their IDs.

    :raises oslo_messaging.MessagingException: the server does not answer
    """
    api = resources_rpc.ResourcesPullRpcApi()
    context = contexts.get_admin_context()
    ports = api.bulk_pull(
        context,
        resources.PORT,
        filter_kwargs={'device_owner': [probes.DEVICE_OWNER]},
    )
    mine = on_host(host, ports)
    networks = sorted({one.network_id for one, _said in mine})
    if not networks:
        return {}
    subnets = api.bulk_pull(
        context, resources.SUBNET, filter_kwargs={'network_id': networks}
    )
    sizes = {
        one.id: one.mtu
        for one in api.bulk_pull(
            context, resources.NETWORK, filter_kwargs={'id': networks}
        )
    }
    return wanted(mine, subnets, sizes)


def on_host(host: str, ports: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Return the ports of a host that have a list, and the list of each.

    A port that is not bound yet is left out, as Nova plugs none of those: its
    interface would be there before Neutron's agent can know its filter.

    :param ports: Neutron's Port objects
    """
    found = []
    for port in ports:
        for binding in port.bindings:
            said = binding.profile or {}
            if (
                port.device_owner == probes.DEVICE_OWNER
                and binding.host == host
                and binding.vif_type == portbindings.VIF_TYPE_OVS
                and probes.KEY in said
            ):
                found.append((port, said[probes.KEY]))
    return found


def wanted(
    ports: Iterable[tuple[Any, Any]],
    subnets: Collection[Any],
    mtus: Mapping[str, int],
) -> dict[str, Wanted]:
    """Return what is to be on this host, by the IDs of ports.

    A port whose list cannot be read is left out, and so are those beyond
    :data:`MOST`.

    :param ports: see :func:`on_host`
    :param subnets: Neutron's Subnet objects, of all their networks
    :param mtus: by the IDs of networks
    """
    of = {one.id: one for one in subnets}
    found: dict[str, Wanted] = {}
    for port, said in sorted(ports, key=lambda one: str(one[0].id)):
        try:
            wished = probes.read(said)
        except probes.InvalidProbes as exc:
            LOG.warning(
                'Port %(port)s sends no probes: %(reason)s',
                {'port': port.id, 'reason': exc},
            )
            continue
        if port.network_id not in mtus or len(found) == MOST:
            continue
        fixed = [one for one in port.fixed_ips if one.subnet_id in of]
        found[port.id] = Wanted(
            port.id,
            port.network_id,
            # An EUI, whose text depends on its dialect.
            str(port.mac_address).lower().replace('-', ':'),
            mtus[port.network_id],
            tuple(_with_length(one, of) for one in fixed),
            tuple(
                str(gateway)
                for one in fixed
                if (gateway := of[one.subnet_id].gateway_ip)
            ),
            wished,
        )
    return found


def _with_length(fixed: Any, subnets: Mapping[str, Any]) -> str:
    length = ipaddress.ip_network(str(subnets[fixed.subnet_id].cidr)).prefixlen
    return f'{fixed.ip_address}/{length}'
