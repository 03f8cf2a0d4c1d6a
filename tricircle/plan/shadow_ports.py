# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports: what one region must know of the ports of the others.

The ports of a network are divided into chunks once, when they are bound, so
that one port more or less changes one document only. A region's document of
a chunk holds the chunk's ports that live in *other* regions, and the agents
of their hosts.
"""

from collections.abc import Iterable, Mapping
import dataclasses

from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica.body import bodies
from tricircle.replica.body import canonical


@dataclasses.dataclass(frozen=True)
class LocatedPort:
    """A port that is bound to a host of some region.

    :ivar tunnel_ip: tunnel address of the host's agent (or of the region's
        L2 gateway); None when the host has none, and then no other region
        can reach the port through a tunnel
    """

    port: state.Port
    region: str
    host: str
    agent_type: str | None
    tunnel_ip: str | None


def chunk_for(sizes: Mapping[int, int], limit: int) -> int:
    """Return the chunk that one more port of a network goes to.

    :param sizes: ports in the last chunk so far, and in any of the others
    :param limit: most ports in one chunk
    :returns: the lowest of them with room, else the one after the last
    """
    return min(
        (chunk for chunk, ports in sizes.items() if ports < limit),
        default=max(sizes, default=-1) + 1,
    )


def reachable(located: LocatedPort) -> bool:
    """Tell whether other regions get a shadow of a port."""
    return bool(located.host and located.tunnel_ip and located.agent_type)


def body(
    network_id: str,
    chunk: int,
    region: str,
    ports: Iterable[LocatedPort],
) -> tuple[bodies.ShadowPortsBody, tuple[str, ...]]:
    """Return the body of a chunk's document for a region.

    :param region: the region the document is for; its own ports are left
        out
    :param ports: the ports of this chunk, wherever they are
    :returns: the body, and the ports that no tunnel leads to
    """
    foreign = [one for one in ports if one.region != region]
    shadows = [one for one in foreign if reachable(one)]
    agents = {
        (one.region, one.host, one.agent_type or ''): one.tunnel_ip or ''
        for one in shadows
    }
    return bodies.ShadowPortsBody(
        network_id=network_id,
        chunk=chunk,
        ports=sorted(
            (_shadow(one) for one in shadows), key=lambda one: one['id']
        ),
        agents=[
            bodies.ShadowAgent(
                region=agent_region,
                host=host,
                agent_type=agent_type,
                tunnel_ip=tunnel_ip,
            )
            for (agent_region, host, agent_type), tunnel_ip in sorted(
                agents.items()
            )
        ],
    ), tuple(
        sorted(
            f'port.{one.port.id}.tunnel_ip'
            for one in foreign
            if one.host and not reachable(one)
        )
    )


def _shadow(located: LocatedPort) -> bodies.ShadowPort:
    port = located.port
    shadow = bodies.ShadowPort(
        id=port.id,
        name=port.name,
        mac_address=port.mac_address,
        fixed_ips=network_plan.ordered_addresses(
            bodies.FixedIP(
                subnet_id=fixed.subnet_id, ip_address=fixed.ip_address
            )
            for fixed in port.fixed_ips
        ),
        security_groups=sorted(port.security_groups),
        allowed_address_pairs=canonical.ordered(
            {'mac_address': pair.mac_address, 'ip_address': pair.ip_address}
            for pair in port.address_pairs
        ),
        port_security_enabled=port.port_security_enabled,
        region=located.region,
        host=located.host,
    )
    name = port.optional.get('dns_name')
    if name:
        shadow['dns_name'] = name
    return shadow
