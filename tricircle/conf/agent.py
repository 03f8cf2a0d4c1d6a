# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options of the Open vSwitch agent extension ``tricircle_region_guard``."""

import ipaddress

from oslo_config import cfg
from oslo_config import types

GROUP = 'tricircle_region_guard'


class Cidr(types.ConfigType):
    """An IPv4 or IPv6 network, or one address; the value is its text."""

    def __init__(self) -> None:
        super().__init__(type_name='CIDR value')

    def __call__(self, value: object) -> str:
        """Return the network in its usual form.

        :raises ValueError: it is no network, or has bits set beyond its
            prefix: which of two networks was meant would be a guess.
        """
        return str(ipaddress.ip_network(str(value).strip()))

    def __repr__(self) -> str:
        return 'Cidr'

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def _formatter(self, value: object) -> str:
        return str(value)


class RegionVteps(types.ConfigType):
    """A region's name and a network, as ``RegionTwo=172.30.2.0/24``."""

    def __init__(self) -> None:
        super().__init__(type_name='region=CIDR value')

    def __call__(self, value: object) -> tuple[str, str]:
        """Return both.

        :raises ValueError: there is no name, or no network.
        """
        if isinstance(value, tuple):
            name, cidr = value
        else:
            name, _, cidr = str(value).partition('=')
        if not name.strip():
            raise ValueError(f'{value} does not begin with a region and =')
        return name.strip(), Cidr()(cidr)

    def __repr__(self) -> str:
        return 'RegionVteps'

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def _formatter(self, value: object) -> str:
        return '='.join(value) if isinstance(value, tuple) else str(value)


OPTS = [
    cfg.ListOpt(
        'local_vteps',
        item_type=Cidr(),
        default=[],
        sample_default='172.30.1.0/24',
        help='Networks that hold the tunnel addresses (local_ip) of all '
        'hosts of this region, and of no other. DHCP and router '
        'advertisements that arrive through a tunnel from anywhere else are '
        'dropped. An agent with tunnels needs either this option or '
        'foreign_vteps, and does not start without.',
    ),
    cfg.ListOpt(
        'foreign_vteps',
        item_type=Cidr(),
        default=[],
        sample_default='172.30.2.0/24,172.30.3.7',
        help='Networks that hold the tunnel addresses of the other regions, '
        'for regions whose addresses are too scattered for local_vteps. A '
        'region that is missing here is not kept out, so local_vteps is '
        'the safer choice. Only one of the two may be set.',
    ),
    cfg.ListOpt(
        'physical_networks',
        default=[],
        sample_default='bridge',
        help='Physical networks that reach other regions; empty for all in '
        'bridge_mappings. On these, networks of type vlan and flat take '
        "DHCP and router advertisements only from the region's own Neutron "
        'ports, each where Neutron itself gives them: DHCP where a subnet '
        'has enable_dhcp, advertisements where one has ipv6_ra_mode. A '
        'provider network with a DHCP server of its own has its subnets '
        'without enable_dhcp and is left alone.',
    ),
    cfg.FloatOpt(
        'check_interval',
        default=3.0,
        min=0.2,
        help='Seconds between two looks at the flows and the interfaces of '
        'the bridges; what somebody else removed is put back.',
    ),
    cfg.FloatOpt(
        'refresh_interval',
        default=300.0,
        min=1.0,
        help='Seconds after which the DHCP and router ports of the networks '
        'on this host are read from Neutron again, in case a notification '
        'was lost.',
    ),
    cfg.BoolOpt(
        'probes',
        default=True,
        help='Watch the tunnels to hosts of other regions: send probes '
        'through them, and answer those of the other hosts. It is on unless '
        'it is switched off, as a host that does not answer looks to the '
        'others as one that nothing reaches.',
    ),
    cfg.FloatOpt(
        'probe_interval',
        default=60.0,
        min=1.0,
        help='Seconds between two rounds of probes. In each, probe_hosts '
        'hosts are probed.',
    ),
    cfg.IntOpt(
        'probe_hosts',
        default=5,
        min=1,
        max=30,
        help='How many hosts are probed in a round, those first whose last '
        'time is longest ago. Up to half of them are hosts that did not '
        'answer. What a host sends does not depend on how many there are; '
        'how long it takes to come round does.',
    ),
    cfg.FloatOpt(
        'probe_timeout',
        default=2.0,
        min=0.1,
        max=30.0,
        help='Seconds within which a host must answer one of three probes; '
        'else its tunnel is down.',
    ),
    cfg.IntOpt(
        'probe_packet',
        default=9000,
        min=576,
        max=16000,
        help='Bytes of the largest packet that is tried, as the MTU of a '
        "tenant's network counts them. Not less than the largest MTU of a "
        'network that reaches other regions.',
    ),
    cfg.BoolOpt(
        'verify',
        default=True,
        help='Send what the operator\'s command "multiregion networking '
        'verify" wants sent: for its ports on this host, and while they are '
        'there, the agent makes network namespaces and sends ICMP echoes and '
        'DHCP requests from them. Only an administrator of the region has '
        'it do so.',
    ),
    cfg.ListOpt(
        'vteps_of_regions',
        item_type=RegionVteps(),
        default=[],
        sample_default='RegionTwo=172.30.2.0/24,RegionThree=172.30.3.0/24',
        help='Which region has which tunnel addresses; a region may come more '
        'than once. Metrics then tell of regions instead of hosts. Nothing '
        'else depends on it.',
    ),
    cfg.HostAddressOpt(
        'metrics_host',
        default='127.0.0.1',
        help='Address on which /metrics is served to Prometheus, without a '
        'token: whoever reaches it can read the tunnel addresses or the '
        'names of other regions, and how well they are reached.',
    ),
    cfg.PortOpt(
        'metrics_port',
        help='Port on which /metrics is served; it is not when there is none.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of the guard; safe to repeat."""
    conf.register_opts(OPTS, group=GROUP)
