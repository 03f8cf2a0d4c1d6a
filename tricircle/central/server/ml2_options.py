# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The options of ML2, worked out from those of Tricircle.

Operators set ``[tricircle]``; ML2, its type drivers and Neutron's server
read their own groups. This is done before ML2 is made, in every process.
"""

from typing import Any

from neutron.conf import service as service_config
from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.conf.plugins.ml2.drivers import driver_type
from oslo_config import cfg
from oslo_log import log as logging

from tricircle.conf import central as central_config

LOG = logging.getLogger(__name__)

#: Name of central's mechanism driver, an entry point.
MECHANISM_DRIVER = 'tricircle'
#: Drivers that put ports on the agents, or into the OVN, of their own
#: Neutron. Central has neither; its regions do.
AGENT_DRIVERS = frozenset(
    [
        'l2population',
        'macvtap',
        'openvswitch',
        'ovn',
        'ovn-sync',
        'sriovnicswitch',
    ]
)

#: ([tricircle] option, group and name of the option it becomes)
_COUNTERPARTS = (
    ('type_drivers', 'ml2', 'type_drivers'),
    ('tenant_network_types', 'ml2', 'project_network_types'),
    ('network_vlan_ranges', 'ml2_type_vlan', 'network_vlan_ranges'),
    ('vni_ranges', 'ml2_type_vxlan', 'vni_ranges'),
    ('flat_networks', 'ml2_type_flat', 'flat_networks'),
)
_DEFAULTS = (cfg.Locations.opt_default, cfg.Locations.set_default)


class InvalidOption(cfg.Error):
    """An option that central cannot start with; the text says what to do."""


def _is_set(conf: cfg.ConfigOpts, name: str, group: str | None) -> bool:
    """Tell whether somebody set an option, in whatever way."""
    found = conf.get_location(name, group)
    return found is not None and found.location not in _DEFAULTS


def _configure_types(conf: cfg.ConfigOpts) -> None:
    """Give ML2 the types and ranges.

    What is set in [tricircle] counts; else what is set for ML2 itself, so
    that a configuration that works for plain ML2 works here; else the
    default of [tricircle].
    """
    for name, group, target in _COUNTERPARTS:
        ours = _is_set(conf, name, central_config.GROUP)
        theirs = _is_set(conf, target, group)
        value: Any = conf[central_config.GROUP][name]
        if theirs and not ours:
            continue
        if theirs and conf[group][target] != value:
            LOG.warning(
                '[%(group)s] %(target)s is set but not used: central takes '
                '[tricircle] %(name)s, which is set as well.',
                {'group': group, 'target': target, 'name': name},
            )
        conf.set_override(target, value, group=group)


def _configure_drivers(conf: cfg.ConfigOpts) -> None:
    named = conf.ml2.mechanism_drivers
    left_out = [name for name in named if name in AGENT_DRIVERS]
    if left_out:
        LOG.warning(
            'Mechanism drivers %s are not loaded: central has no agents and '
            'no OVN. Name them in [ml2] mechanism_drivers of the regions.',
            ', '.join(left_out),
        )
    drivers = [name for name in named if name not in AGENT_DRIVERS]
    if MECHANISM_DRIVER not in drivers:
        # Last, so that what others veto is not looked at.
        drivers.append(MECHANISM_DRIVER)
    conf.set_override('mechanism_drivers', drivers, group='ml2')
    extensions = list(
        dict.fromkeys(
            [*conf.ml2.extension_drivers, *conf.tricircle.extension_drivers]
        )
    )
    conf.set_override('extension_drivers', extensions, group='ml2')


def _configure_agentless(conf: cfg.ConfigOpts) -> None:
    """Switch off what only makes sense beside agents, or beside a Nova."""
    if conf.rpc_workers:
        LOG.warning(
            'rpc_workers = %d is not used: central has no agents '
            'and runs no RPC workers.',
            conf.rpc_workers,
        )
    conf.set_override('rpc_workers', 0)
    conf.set_override('enable_traditional_dhcp', False)
    # The Novas are in the regions, and hear from their own Neutron.
    conf.set_default('notify_nova_on_port_status_changes', False)
    conf.set_default('notify_nova_on_port_data_changes', False)


def _check_bridge_network_type(conf: cfg.ConfigOpts) -> None:
    """Check that bridge networks can be made.

    :raises InvalidOption: when the type is local, or none that is given to
        tenant networks
    """
    wanted = conf.tricircle.bridge_network_type
    types = conf.ml2.project_network_types
    allowed = [name for name in types if name != 'local']
    if wanted in allowed:
        return
    choice = ', '.join(allowed) or 'vxlan, vlan or flat'
    complaint = (
        f'[tricircle] bridge_network_type is {wanted}, but it must be one of '
        f'[tricircle] tenant_network_types ({", ".join(types)}) and not '
        f'local, because bridge networks join regions. Set it to {choice}, '
        f'or add a type to tenant_network_types.'
    )
    if not any(
        _is_set(conf, name, central_config.GROUP)
        for name in ('bridge_network_type', 'tenant_network_types')
    ):
        # Types of ML2's own configuration, and nothing said of bridges.
        LOG.warning(complaint)
        return
    raise InvalidOption(complaint)


def configure(conf: cfg.ConfigOpts) -> None:
    """Set the options of ML2 and of Neutron's server for central.

    Safe to repeat.

    :raises InvalidOption: when central cannot work with what is set
    """
    central_config.register(conf)
    ml2_config.register_ml2_plugin_opts(conf)
    driver_type.register_ml2_drivers_vlan_opts(conf)
    driver_type.register_ml2_drivers_vxlan_opts(conf)
    driver_type.register_ml2_drivers_flat_opts(conf)
    service_config.register_service_opts(service_config.SERVICE_OPTS, conf)
    _configure_types(conf)
    _configure_drivers(conf)
    _configure_agentless(conf)
    _check_bridge_network_type(conf)
