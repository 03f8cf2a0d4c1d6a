# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ``[tricircle]`` options of central Neutron."""

from oslo_config import cfg

GROUP = 'tricircle'

OPTS = [
    cfg.ListOpt(
        'type_drivers',
        default=['vxlan', 'vlan', 'flat', 'local'],
        help='Network type drivers to load.',
    ),
    cfg.ListOpt(
        'extension_drivers',
        default=[],
        help='ML2 extension drivers to load, beside those in [ml2] '
        'extension_drivers.',
    ),
    cfg.ListOpt(
        'tenant_network_types',
        default=['vxlan', 'local'],
        help='Ordered network types given to tenant networks.',
    ),
    cfg.ListOpt(
        'network_vlan_ranges',
        default=[],
        help='<physical_network>:<vlan_min>:<vlan_max> or '
        '<physical_network>, for all regions without duplicates.',
    ),
    cfg.ListOpt(
        'vni_ranges',
        default=[],
        help='<vni_min>:<vni_max>, VXLAN VNIs for tenant networks.',
    ),
    cfg.ListOpt(
        'flat_networks',
        default=['*'],
        help='Physical networks with which flat networks may be created; '
        '* allows all, an empty list none.',
    ),
    cfg.StrOpt(
        'bridge_network_type',
        default='vxlan',
        help='Type of the bridge networks; one of tenant_network_types and '
        'not local.',
    ),
    cfg.StrOpt(
        'default_region_for_external_network',
        default='RegionOne',
        help='Region of an external network made without an availability '
        'zone hint.',
    ),
    cfg.BoolOpt(
        'enable_api_gateway',
        default=False,
        deprecated_for_removal=True,
        deprecated_reason='The API gateway is a service of its own.',
        help='Not read.',
    ),
    cfg.FloatOpt(
        'replica_grace',
        default=30.0,
        min=0.0,
        help='Seconds that a region has to report a replica it pulled '
        'before XJob looks after it.',
    ),
    cfg.FloatOpt(
        'journal_poll_interval',
        default=2.0,
        min=0.05,
        help='Most seconds between two looks of a process of central at what '
        'central itself is to do, such as to lay out a router, when no '
        'request of its own wakes it up.',
    ),
    cfg.IntOpt(
        'replica_requests',
        default=0,
        min=0,
        help='Requests of regions and XJob for replicas that one process '
        'works on at a time; what comes beyond is answered 503 with '
        'Retry-After. It has to be less than the threads of the process, the '
        'rest of which are for tenants. 0 for three quarters of the threads.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the ``[tricircle]`` options of central; safe to repeat."""
    conf.register_opts(OPTS, group=GROUP)
