# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options of the gateways to the APIs of regions."""

from oslo_config import cfg
from oslo_config import types

GROUP = 'gateway'

OPTS = [
    cfg.HostAddressOpt(
        'bind_host',
        default='0.0.0.0',  # noqa: S104 as the Admin API
        help='Address that the gateways listen on.',
    ),
    cfg.PortOpt(
        'bind_port',
        default=19998,
        help='Port that tricircle-compute-gateway listens on.',
    ),
    cfg.PortOpt(
        'volume_bind_port',
        default=19997,
        help='Port that tricircle-volume-gateway listens on.',
    ),
    cfg.IntOpt(
        'workers',
        default=16,
        min=1,
        help='Threads that serve requests. One of them waits for a region '
        'while that answers.',
    ),
    cfg.FloatOpt(
        'region_timeout',
        default=60.0,
        min=0.1,
        help='Seconds to wait for the answer of a region to a request for '
        'something that is there, or is to be made there.',
    ),
    cfg.FloatOpt(
        'list_timeout',
        default=10.0,
        min=0.1,
        help='Seconds to wait for a region whose answer is one part of a '
        'list or a sum. A region that takes longer is left out, and the '
        'answer says so.',
    ),
    cfg.FloatOpt(
        'search_timeout',
        default=2.0,
        min=0.1,
        help='Seconds to wait for regions that are asked whether they have a '
        'resource of which nobody knows where it is.',
    ),
    cfg.FloatOpt(
        'lost_answer_timeout',
        default=10.0,
        min=0.0,
        help='Seconds for which a region is looked at whose answer to a '
        'request for something new was lost. What is found there is the '
        'answer; without it the answer is 504.',
    ),
    cfg.ListOpt(
        'filters',
        default=['affinity', 'flavor', 'image'],
        item_type=types.String(
            choices=['affinity', 'flavor', 'image', 'room']
        ),
        help='What leaves regions out for a new server, beside what always '
        'does, in order. affinity: pods that are for flavors with some extra '
        'spec; flavor and image: regions that have none; room: regions whose '
        'Placement knows no host with room for the flavor, for which the '
        'user of [client] needs the role service.',
    ),
    cfg.ListOpt(
        'weighers',
        default=['binding', 'presence', 'room', 'age'],
        help='What orders the regions that something new fits: the first '
        'decides, the next where that makes no difference, then the name of '
        'the region. binding: where the project is bound to; presence: where '
        'it has something, the newest first; room: where more hosts have '
        'room, as far as the filter of that name asked; age: the oldest pod. '
        'Others are entry points of tricircle.gateway.weighers.',
    ),
    cfg.StrOpt(
        'quota',
        default='none',
        choices=[
            ('none', 'Each region has its own quotas, and no other count.'),
            (
                'unified',
                'The limits of the endpoint of [oslo_limit] in Keystone '
                'count for all regions together. Those of the regions count '
                'as well.',
            ),
        ],
        help='Whose quotas count for what is made through the gateway.',
    ),
    cfg.FloatOpt(
        'mirror_interval',
        default=10.0,
        min=0.5,
        help='Seconds between two looks for regions that do not have all '
        'flavors, key pairs or volume types: they were away, or have joined.',
    ),
    cfg.IntOpt(
        'max_limit',
        default=1000,
        min=1,
        help='Most items on one page of a list.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of the gateway; safe to repeat."""
    conf.register_opts(OPTS, GROUP)
