# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from oslo_config import cfg
import pytest

from tricircle.central.server import ml2_options
from tricircle.conf import central as central_config


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf([])
    # What Neutron registers at its own start.
    conf.register_opts(
        [
            cfg.BoolOpt('enable_traditional_dhcp', default=True),
            cfg.BoolOpt('notify_nova_on_port_status_changes', default=True),
            cfg.BoolOpt('notify_nova_on_port_data_changes', default=True),
        ]
    )
    central_config.register(conf)
    return conf


@pytest.fixture
def written(tmp_path, conf):
    """Return a function that reads options as from an operator's file."""

    def write(text: str) -> cfg.ConfigOpts:
        path = tmp_path / 'neutron.conf'
        path.write_text(text)
        conf(['--config-file', str(path)])
        ml2_options.configure(conf)
        return conf

    return write


def test_ml2_gets_what_is_set_for_tricircle(written):
    conf = written(
        '[tricircle]\n'
        'type_drivers = vxlan,vlan\n'
        'tenant_network_types = vlan,vxlan\n'
        'network_vlan_ranges = bridge:1:9,extern\n'
        'vni_ranges = 5:6\n'
        'flat_networks = a,b\n'
    )

    assert conf.ml2.type_drivers == ['vxlan', 'vlan']
    assert conf.ml2.project_network_types == ['vlan', 'vxlan']
    assert conf.ml2_type_vlan.network_vlan_ranges == ['bridge:1:9', 'extern']
    assert conf.ml2_type_vxlan.vni_ranges == ['5:6']
    assert conf.ml2_type_flat.flat_networks == ['a', 'b']


def test_defaults_are_those_of_tricircle(written):
    conf = written('')

    assert conf.ml2.type_drivers == ['vxlan', 'vlan', 'flat', 'local']
    assert conf.ml2.project_network_types == ['vxlan', 'local']
    assert conf.ml2_type_flat.flat_networks == ['*']


def test_configuration_of_plain_ml2_works_too(written):
    conf = written(
        '[ml2]\ntenant_network_types = vlan\n'
        '[ml2_type_vlan]\nnetwork_vlan_ranges = bridge:1:9\n'
    )

    assert conf.ml2.project_network_types == ['vlan']
    assert conf.ml2_type_vlan.network_vlan_ranges == ['bridge:1:9']


def test_tricircle_counts_where_both_are_set(written):
    conf = written(
        '[ml2_type_vxlan]\nvni_ranges = 1:2\n[tricircle]\nvni_ranges = 3:4\n'
    )

    assert conf.ml2_type_vxlan.vni_ranges == ['3:4']


@pytest.mark.parametrize(
    ('named', 'loaded'),
    [
        ('', ['tricircle']),
        ('tricircle', ['tricircle']),
        ('openvswitch,l2population', ['tricircle']),
        ('vendor', ['vendor', 'tricircle']),
        ('tricircle,vendor,ovn', ['tricircle', 'vendor']),
    ],
)
def test_drivers_without_agents_are_kept(written, named, loaded):
    conf = written(f'[ml2]\nmechanism_drivers = {named}\n')

    assert conf.ml2.mechanism_drivers == loaded


def test_extension_drivers_of_both_groups_are_loaded(written):
    conf = written(
        '[ml2]\nextension_drivers = port_security,dns\n'
        '[tricircle]\nextension_drivers = qos,dns\n'
    )

    assert conf.ml2.extension_drivers == ['port_security', 'dns', 'qos']


def test_central_is_agentless_whatever_is_set(written):
    conf = written(
        '[DEFAULT]\nrpc_workers = 4\nenable_traditional_dhcp = true\n'
    )

    assert conf.rpc_workers == 0
    assert conf.enable_traditional_dhcp is False


def test_nova_is_told_only_where_an_operator_says_so(written):
    conf = written('[DEFAULT]\nnotify_nova_on_port_data_changes = true\n')

    assert conf.notify_nova_on_port_status_changes is False
    assert conf.notify_nova_on_port_data_changes is True


@pytest.mark.parametrize(
    'text',
    [
        'bridge_network_type = local\n',
        'bridge_network_type = flat\n',
        'tenant_network_types = vlan,local\n',
        'tenant_network_types = local\n',
    ],
)
def test_bridge_network_type_that_joins_nothing_is_refused(written, text):
    with pytest.raises(ml2_options.InvalidOption) as refusal:
        written(f'[tricircle]\n{text}')

    assert '[tricircle] bridge_network_type' in str(refusal.value)
    assert 'Set it to' in str(refusal.value)


def test_types_of_plain_ml2_are_no_reason_not_to_start(written):
    conf = written('[ml2]\ntenant_network_types = local\n')

    assert conf.ml2.project_network_types == ['local']


def test_repeating_changes_nothing(written, conf):
    written(
        '[ml2]\nmechanism_drivers = vendor\n[tricircle]\nvni_ranges = 3:4\n'
    )
    before = {
        (group, name): conf[group][name]
        for group, name in (
            ('ml2', 'type_drivers'),
            ('ml2', 'mechanism_drivers'),
            ('ml2_type_vxlan', 'vni_ranges'),
        )
    }

    ml2_options.configure(conf)

    assert before == {key: conf[key[0]][key[1]] for key in before}
