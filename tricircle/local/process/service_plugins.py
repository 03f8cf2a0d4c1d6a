# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""One router plugin only, and plugins beside it that know central's.

port_forwarding and conntrack_helper require ``router`` and would load the
stock router plugin beside ours (neutron29-rules, rule 5).
"""

from neutron.services.conntrack_helper import plugin as conntrack_helper
from neutron.services.portforwarding import pf_plugin
from oslo_config import cfg

#: Names under which configuration files load our router plugin.
OURS = (
    'tricircle_local_l3',
    'tricircle.network.local_l3_plugin.TricircleL3Plugin',
)
_STOCK = (
    'router',
    'neutron.services.l3_router.l3_router_plugin.L3RouterPlugin',
)
_OF_ROUTERS = 'tricircle.local.router.service.plugins'
_OF_SEGMENTS = 'tricircle.local.network.segments_plugin.SegmentsPlugin'
#: What stands in the place of which, where the region has our router plugin.
_BESIDE_OURS = {
    'port_forwarding': f'{_OF_ROUTERS}.PortForwardingPlugin',
    'neutron.services.portforwarding.pf_plugin.PortForwardingPlugin': (
        f'{_OF_ROUTERS}.PortForwardingPlugin'
    ),
    'conntrack_helper': f'{_OF_ROUTERS}.ConntrackHelperPlugin',
    'neutron.services.conntrack_helper.plugin.Plugin': (
        f'{_OF_ROUTERS}.ConntrackHelperPlugin'
    ),
}
#: And in any region.
_ANYWHERE = {
    'segments': _OF_SEGMENTS,
    'neutron.services.segments.plugin.Plugin': _OF_SEGMENTS,
}
_REQUIRING = (pf_plugin.PortForwardingPlugin, conntrack_helper.Plugin)


def use_ours(conf: cfg.ConfigOpts) -> None:
    """Have Neutron load ours in the place of what operators name.

    What hangs on networks and routers of central's, ours keep from users.
    Stock plugins that require a router plugin require ours, where the region
    has it: Neutron loads what is required first, and each class once.
    """
    places = dict(_ANYWHERE)
    ours = next((one for one in conf.service_plugins if one in OURS), None)
    if ours is not None:
        places.update(_BESIDE_OURS)
        for plugin in _REQUIRING:
            plugin.required_service_plugins = [
                ours if one in _STOCK else one
                for one in plugin.required_service_plugins
            ]
    named = list(conf.service_plugins)
    used = [places.get(one, one) for one in named]
    if used != named:
        conf.set_override('service_plugins', used)
