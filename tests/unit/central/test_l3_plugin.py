# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from typing import ClassVar

from neutron import manager
from neutron.services.l3_router import l3_router_plugin
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory

from tests.unit.central import base
from tricircle.central import l3_plugin
from tricircle.central.server import notifiers

#: Service plugins that ask for ``router`` or use it.
REQUIRING = (
    constants.PORTFORWARDING,
    constants.CONNTRACKHELPER,
    constants.NDPPROXY,
)


def behind(proxy):
    """Return what a weak proxy of the directory stands for."""
    return proxy.get_plugin_description.__self__


class RequiringPluginsTest(base.CentralTestCase):
    """Service plugins that load ``router`` by themselves."""

    service_plugins: ClassVar[dict[str, str]] = {
        'one': 'port_forwarding',
        'two': 'conntrack_helper',
        'three': 'ndp_proxy',
        'four': 'router',
    }

    def test_there_is_one_router_plugin_and_it_is_ours(self):
        loaded = manager.NeutronManager.get_instance()._loaded_plugins
        found = [
            one
            for one in loaded.values()
            if isinstance(one, l3_router_plugin.L3RouterPlugin)
        ]

        self.assertEqual(
            [l3_plugin.TricircleL3Plugin], [type(one) for one in found]
        )
        self.assertIs(found[0], behind(directory.get_plugin(constants.L3)))
        for kind in REQUIRING:
            plugin = directory.get_plugin(kind)
            self.assertIs(found[0], behind(plugin.l3_plugin), kind)

    def test_agents_are_told_nothing(self):
        self.assertIsInstance(
            self.l3_plugin.l3_rpc_notifier, notifiers.NoAgents
        )
        self.assertIsInstance(self.plugin.l3_rpc_notifier, notifiers.NoAgents)
        for kind in REQUIRING:
            plugin = directory.get_plugin(kind)
            self.assertIsInstance(
                plugin.push_api.client, notifiers.SilentClient, kind
            )

    def test_nothing_runs_beside_the_api(self):
        self.assertEqual([], self.l3_plugin.start_rpc_listeners())
        self.assertEqual([], self.plugin.start_rpc_listeners())
        self.assertFalse(self.plugin.rpc_workers_supported())
        self.assertEqual([], list(self.l3_plugin.get_workers()))


class OtherCorePluginTest(base.neutron_tests.NeutronDbPluginV2TestCase):
    """A process that imports central, and does not run it."""

    def setUp(self):
        super().setUp(
            'ml2', service_plugins={'l3': 'router', 'flavors': 'flavors'}
        )

    def test_router_plugin_is_neutrons(self):
        self.assertIs(
            l3_router_plugin.L3RouterPlugin,
            directory.get_plugin(constants.L3).__class__,
        )
