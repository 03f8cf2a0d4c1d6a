# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""How many DHCP agents serve a network of this region."""

from neutron_lib import context as neutron_context
from neutron_lib.plugins import directory
from oslo_config import cfg


def usual(conf: cfg.ConfigOpts) -> int:
    """Return how many agents a network is scheduled to."""
    if not conf.enable_traditional_dhcp:
        return 0
    return int(conf.dhcp_agents_per_network)


def needed(conf: cfg.ConfigOpts, network_id: str) -> int:
    """Return how many agents want a port on a network now.

    An operator may have put it on more agents than is usual.
    """
    plugin = directory.get_plugin()
    try:
        hosting = plugin.get_dhcp_agents_hosting_networks
    except AttributeError:
        return usual(conf)
    return max(
        usual(conf),
        len(hosting(neutron_context.get_admin_context(), [network_id])),
    )
