# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ``[tricircle]`` options of a region's own Neutron."""

from oslo_config import cfg

GROUP = 'tricircle'

OPTS = [
    cfg.StrOpt(
        'real_core_plugin',
        default='neutron.plugins.ml2.plugin.Ml2Plugin',
        help='Class of the core plugin that does the work in this region.',
    ),
    cfg.StrOpt(
        'central_neutron_url', help='URL of central Neutron, http://host:9696.'
    ),
    cfg.StrOpt(
        'central_user_id',
        default='',
        help="ID of XJob's user, which alone may say what this region has of "
        'central. With neither this nor central_project_id, any user with '
        'the role service may.',
    ),
    cfg.StrOpt(
        'central_project_id',
        default='',
        help='ID of the project whose users alone may say what this region '
        'has of central; with central_user_id both must be right.',
    ),
    cfg.StrOpt(
        'local_region_name',
        help='Name of this region, as registered in Keystone and as a pod. '
        'When unset, [nova] region_name is taken.',
    ),
    cfg.StrOpt(
        'l2gw_tunnel_ip',
        help='Tunnel IP of the L2 gateway of this region, for '
        'cross_pod_vxlan_mode l2gw.',
    ),
    cfg.FloatOpt(
        'outbox_poll_interval',
        default=5.0,
        min=0.05,
        help='Seconds between two looks at reports for central that were '
        'not sent at once.',
    ),
    cfg.FloatOpt(
        'not_found_memory',
        default=1.0,
        min=0.0,
        help='Seconds for which reads are answered that central does not '
        'know an ID or a name, without asking it again. What changes '
        'something asks anew.',
    ),
    cfg.FloatOpt(
        'allocation_grace',
        default=60.0,
        min=0.0,
        help='Seconds after which an allocation that was never completed '
        'in this region is given back to central.',
    ),
    cfg.FloatOpt(
        'tombstone_time',
        default=86400.0,
        min=0.0,
        help='Seconds for which the region remembers what it deleted, so '
        'that a late request does not bring it back.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the ``[tricircle]`` options of a region; safe to repeat."""
    conf.register_opts(OPTS, group=GROUP)
