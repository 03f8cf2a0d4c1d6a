# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What ``oslo-config-generator`` shows for each process."""

from typing import Any

from tricircle.conf import agent
from tricircle.conf import api
from tricircle.conf import central
from tricircle.conf import client
from tricircle.conf import database
from tricircle.conf import gateway
from tricircle.conf import local
from tricircle.conf import metrics
from tricircle.conf import xjob

Listed = list[tuple[str, list[Any]]]


def list_api_opts() -> Listed:
    """Return the options of the Admin API."""
    return [
        ('DEFAULT', [*database.OPTS, *api.OPTS]),
        (client.GROUP, client.OPTS),
        (metrics.GROUP, metrics.API_OPTS),
    ]


def list_gateway_opts() -> Listed:
    """Return the options of the gateway."""
    return [
        ('DEFAULT', database.OPTS),
        (client.GROUP, client.OPTS),
        (gateway.GROUP, gateway.OPTS),
    ]


def list_xjob_opts() -> Listed:
    """Return the options of XJob."""
    return [
        ('DEFAULT', [*database.OPTS, *xjob.OPTS]),
        (client.GROUP, client.OPTS),
        (metrics.GROUP, metrics.XJOB_OPTS),
    ]


def list_central_opts() -> Listed:
    """Return the options of central Neutron."""
    return [
        ('DEFAULT', database.OPTS),
        (client.GROUP, client.OPTS),
        (central.GROUP, central.OPTS),
    ]


def list_local_opts() -> Listed:
    """Return the options of a region's Neutron."""
    return [(client.GROUP, client.OPTS), (local.GROUP, local.OPTS)]


def list_agent_opts() -> Listed:
    """Return the options of the Open vSwitch agent extension."""
    return [(agent.GROUP, agent.OPTS)]
