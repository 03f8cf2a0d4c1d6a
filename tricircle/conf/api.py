# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options of the Admin API."""

from oslo_config import cfg

OPTS = [
    cfg.HostAddressOpt(
        'bind_host',
        default='0.0.0.0',  # noqa: S104 the documented default
        help='Address that tricircle-api listens on.',
    ),
    cfg.PortOpt(
        'bind_port', default=19999, help='Port that tricircle-api listens on.'
    ),
    cfg.IntOpt(
        'api_workers', default=8, min=1, help='Threads that serve requests.'
    ),
    cfg.IntOpt(
        'pagination_max_limit',
        default=2000,
        min=1,
        help='Most items in one answer.',
    ),
    cfg.BoolOpt(
        'topology_page',
        default=True,
        help='Serve /topology, a page that shows regions, networks and '
        'routers, on the address and port of the administrator API. Its files '
        'need no token, what it shows does. Who logs in there with a password '
        'has tricircle-api ask the Keystone of [client] auth_url for a token.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of the Admin API; safe to repeat."""
    conf.register_opts(OPTS)
