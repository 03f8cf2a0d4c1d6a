# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One L3 plugin in a region, ours where it is configured.

port_forwarding and conntrack_helper require ``router`` and would load the
stock router plugin beside ours (neutron29-rules, rule 5).
"""

import importlib

from oslo_config import cfg

OURS = ('tricircle_local_l3',
        'tricircle.network.local_l3_plugin.TricircleL3Plugin')
_REQUIRING = (
    ('neutron.services.portforwarding.pf_plugin', 'PortForwardingPlugin'),
    ('neutron.services.conntrack_helper.plugin', 'Plugin'),
)


def use_our_router_plugin() -> None:
    """Stop others from loading the stock router plugin beside ours."""
    if not set(OURS) & set(cfg.CONF.service_plugins):
        return
    for module_name, class_name in _REQUIRING:
        module = importlib.import_module(module_name)
        plugin = getattr(module, class_name)
        plugin.required_service_plugins = [
            name for name in plugin.required_service_plugins
            if name not in ('router', 'L3_ROUTER_NAT')]
