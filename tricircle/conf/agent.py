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
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of the guard; safe to repeat."""
    conf.register_opts(OPTS, group=GROUP)
