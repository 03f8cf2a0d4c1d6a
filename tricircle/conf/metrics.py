# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options of what programs tell Prometheus of themselves."""

from typing import Final

from oslo_config import cfg

GROUP: Final = 'metrics'
API_OPTS = [
    cfg.BoolOpt(
        'enabled',
        default=False,
        help='Serve /metrics to Prometheus, on the address and port of the '
        'administrator API and without a token: whoever reaches that port can '
        'read the names of the regions, how many changes wait for each, and '
        'how often the API is called. No ID and no project is in it.',
    ),
]
XJOB_OPTS = [
    cfg.HostAddressOpt(
        'host',
        default='127.0.0.1',
        help='Address on which /metrics is served to Prometheus, without a '
        'token: whoever reaches it can read the names of the regions, how '
        'many jobs were carried out for each, and whether they answer.',
    ),
    cfg.PortOpt(
        'port',
        help='Port on which /metrics is served; it is not when there is '
        'none. Each tricircle-xjob of a host needs its own.',
    ),
]


def register_api(conf: cfg.ConfigOpts) -> None:
    """Register the options of the Admin API; safe to repeat."""
    conf.register_opts(API_OPTS, GROUP)


def register_xjob(conf: cfg.ConfigOpts) -> None:
    """Register the options of XJob; safe to repeat."""
    conf.register_opts(XJOB_OPTS, GROUP)
