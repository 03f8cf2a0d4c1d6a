# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What the Neutrons of a cloud have in their configuration files."""

import enum

from tests.functional.cloud import configuration

CENTRAL_REGION = 'CentralRegion'

_ML2 = 'neutron.plugins.ml2.plugin.Ml2Plugin'
_BRIDGE_MAPPINGS = ('bridge', 'extern')
#: What operators run beside the router plugin, in central and in regions.
_SERVICE_PLUGINS = ('qos', 'trunk', 'port_forwarding', 'conntrack_helper')
_EXTENSION_DRIVERS = ('port_security', 'qos')


class Build(enum.Enum):
    """Which plugins the Neutrons run."""

    #: Tricircle's, with a journal daemon and an admin API
    TRICIRCLE = 'tricircle'
    #: stock ML2 everywhere, and no other process
    PLAIN = 'plain'


def ml2_options() -> dict[str, dict[str, object]]:
    """Return the ML2 configuration of a region, or of a plain Neutron."""
    return {
        'ml2': {
            'type_drivers': ['local', 'flat', 'vlan', 'vxlan'],
            'tenant_network_types': ['vxlan'],
            'mechanism_drivers': ['openvswitch', 'l2population'],
            'extension_drivers': list(_EXTENSION_DRIVERS),
        },
        # Apart from central's: the two must not give out the same ones.
        'ml2_type_vxlan': {'vni_ranges': '5001:6000'},
        # Each ID is a row that every start reads; without a range a network
        # would have all 4094.
        'ml2_type_vlan': {
            'network_vlan_ranges': ['bridge:501:540', 'extern:541:560']
        },
        'ml2_type_flat': {'flat_networks': '*'},
    }


def vanilla_options() -> dict[str, dict[str, object]]:
    """Return the options of a Neutron that has nothing of ours."""
    return configuration.merged(
        ml2_options(),
        {
            'DEFAULT': {
                'core_plugin': _ML2,
                'service_plugins': ['router', *_SERVICE_PLUGINS],
            }
        },
    )


def service_user(region_name: str) -> str:
    """Return the user that acts for a region; XJob's is central's."""
    if region_name == CENTRAL_REGION:
        return 'tricircle'
    return f'neutron-{region_name}'


def client_options(region_name: str = CENTRAL_REGION) -> dict[str, object]:
    """Return the ``[client]`` options of everything that calls a Neutron."""
    return {
        'auth_strategy': 'noauth',
        'top_region_name': CENTRAL_REGION,
        'admin_username': service_user(region_name),
        'admin_tenant': 'service',
    }


def central_options(
    build: Build, tricircle_db_connection: str
) -> dict[str, dict[str, object]]:
    """Return the options of central Neutron."""
    if build is Build.PLAIN:
        return vanilla_options()
    return {
        'DEFAULT': {
            'core_plugin': 'tricircle.network.central_plugin.TricirclePlugin',
            'service_plugins': list(_SERVICE_PLUGINS),
            'tricircle_db_connection': tricircle_db_connection,
            # No agents: nobody would hear what is said on the broker.
            'rpc_workers': 0,
        },
        'ml2': {'extension_drivers': list(_EXTENSION_DRIVERS)},
        'tricircle': {
            'type_drivers': ['vxlan', 'vlan', 'flat', 'local'],
            'tenant_network_types': ['vxlan', 'vlan', 'flat', 'local'],
            'network_vlan_ranges': ['bridge:2001:2100', 'extern:3001:3100'],
            'vni_ranges': '1001:2000',
            'flat_networks': ['bridge', 'extern'],
            'bridge_network_type': 'vxlan',
            'default_region_for_external_network': 'RegionOne',
            # Tests do not wait as operators do.
            'journal_poll_interval': 0.5,
        },
        'client': client_options(),
    }


def region_options(
    build: Build, region_name: str, central_url: str
) -> dict[str, dict[str, object]]:
    """Return the options of a region's Neutron.

    :param central_url: where it finds central, such as a proxy's URL
    """
    if build is Build.PLAIN:
        return vanilla_options()
    return configuration.merged(
        ml2_options(),
        {
            'DEFAULT': {
                'core_plugin': (
                    'tricircle.network.local_plugin.TricirclePlugin'
                ),
                'service_plugins': [
                    'tricircle.network.local_l3_plugin.TricircleL3Plugin',
                    *_SERVICE_PLUGINS,
                ],
            },
            'tricircle': {
                'real_core_plugin': _ML2,
                'central_neutron_url': central_url,
                'local_region_name': region_name,
                # Tests do not wait as operators do.
                'outbox_poll_interval': 0.5,
            },
            'client': client_options(region_name),
        },
    )


def xjob_options() -> dict[str, dict[str, object]]:
    """Return the options of a journal daemon, for tests that do not wait.

    Without a broker nothing wakes it up, so it looks often.
    """
    return {
        'DEFAULT': {
            'worker_sleep_time': 0.2,
            'retry_interval': 0.2,
            'max_retry_interval': 2,
            'max_probe_interval': 1,
            'job_run_expire': 4,
            # When it is due must not depend on how long tests take.
            'sweep_interval': 0,
            # Nor may what is counted.
            'probe_interval': 0,
        }
    }


def bridge_mappings() -> dict[str, str]:
    """Return the bridge of each physical network on every host."""
    return {name: f'br-{name}' for name in _BRIDGE_MAPPINGS}
