# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""States of central, made up."""

from hypothesis import strategies as st

from tricircle.plan import state
from tricircle.replica.held_ports import HeldPort

NETWORK = 'd5f3ee5c-0e0f-4f80-9a4f-0a2c1a5b0001'


def subnet(number: int = 0, **changes) -> state.Subnet:
    """Return a subnet 10.0.<number>.0/24."""
    values = {
        'id': f'subnet-{number}',
        'project_id': 'p1',
        'name': f's{number}',
        'description': '',
        'ip_version': 4,
        'cidr': f'10.0.{number}.0/24',
        'gateway_ip': f'10.0.{number}.1',
        'pools': (state.Range(f'10.0.{number}.2', f'10.0.{number}.254'),),
        'enable_dhcp': True,
    }
    return state.Subnet(**{**values, **changes})


def held(
    kind: str,
    subnet_id: str | None,
    *addresses: tuple[str, str],
    port_id: str = '',
) -> state.Held:
    """Return a reservation with (subnet, address) pairs."""
    return state.Held(
        port_id=port_id or f'{kind}-{subnet_id}',
        kind=kind,
        network_id=NETWORK,
        region_name='RegionOne',
        subnet_id=subnet_id,
        mac_address='fa:16:3e:00:00:01',
        fixed_ips=tuple(state.FixedIP(*one) for one in addresses),
    )


def network(*subnets: state.Subnet, **changes) -> state.Network:
    """Return a VXLAN network for which everything is reserved."""
    gateways = [
        held(
            HeldPort.GATEWAY,
            one.id,
            (one.id, one.cidr.replace('.0/24', '.2')),
        )
        for one in subnets
    ]
    dhcp = held(
        HeldPort.DHCP,
        None,
        *((one.id, one.cidr.replace('.0/24', '.3')) for one in subnets),
    )
    values = {
        'id': NETWORK,
        'project_id': 'p1',
        'name': 'n',
        'description': '',
        'admin_state_up': True,
        'mtu': 1450,
        'port_security_enabled': True,
        'external': False,
        'segments': (state.Segment('vxlan', None, 1001),),
        'subnets': subnets,
        'held_ports': (*gateways, dhcp),
    }
    return state.Network(**{**values, **changes})


def port(**changes) -> state.Port:
    """Return a port."""
    values = {
        'id': 'port-1',
        'network_id': NETWORK,
        'project_id': 'p1',
        'name': '',
        'description': '',
        'admin_state_up': True,
        'mac_address': 'fa:16:3e:00:00:09',
        'port_security_enabled': True,
        'vnic_type': 'normal',
    }
    return state.Port(**{**values, **changes})


def rule(number: int = 0, **changes) -> state.Rule:
    """Return a rule that lets IPv4 in."""
    values = {
        'id': f'rule-{number}',
        'direction': 'ingress',
        'ethertype': 'IPv4',
        'protocol': None,
        'port_range_min': None,
        'port_range_max': None,
        'remote_ip_prefix': None,
        'remote_group_id': None,
        'remote_address_group_id': None,
        'description': '',
    }
    return state.Rule(**{**values, **changes})


def group(*rules: state.Rule, **changes) -> state.SecurityGroup:
    """Return a group."""
    values = {
        'id': 'group-1',
        'project_id': 'p1',
        'name': 'web',
        'description': '',
        'stateful': True,
        'default': False,
        'rules': rules,
    }
    return state.SecurityGroup(**{**values, **changes})


texts = st.text('abc', min_size=1, max_size=3)
fixed_ips = st.builds(
    state.FixedIP,
    st.sampled_from(['subnet-0', 'subnet-1', 'subnet-2']),
    st.integers(2, 254).map(lambda last: f'10.0.0.{last}'),
)
rbac = st.builds(
    state.RBACEntry,
    texts,
    texts,
    texts,
    st.sampled_from(['access_as_shared', 'access_as_external']),
)


def unique(strategy, key):
    """Return tuples whose items differ in a key, as rows do."""
    return st.lists(strategy, max_size=4, unique_by=key).map(tuple)


subnets = st.builds(
    lambda number, **changes: subnet(number, **changes),
    st.integers(0, 9),
    dns_nameservers=unique(texts, str),
    host_routes=unique(st.builds(state.Route, texts, texts), lambda one: one),
    service_types=unique(texts, str),
    tags=unique(texts, str),
    enable_dhcp=st.booleans(),
    gateway_ip=st.sampled_from([None, '10.0.0.1']),
)
networks = st.builds(
    lambda subnets, **changes: network(*subnets, **changes),
    unique(subnets, lambda one: one.id),
    rbac=unique(rbac, lambda one: one.id),
    tags=unique(texts, str),
    external=st.booleans(),
    unsupported=unique(texts, str),
)
ports = st.builds(
    port,
    fixed_ips=unique(fixed_ips, lambda one: one),
    security_groups=unique(texts, str),
    address_pairs=unique(
        st.builds(state.AddressPair, texts, texts), lambda one: one
    ),
    dhcp_options=unique(
        st.builds(state.DhcpOption, texts, texts, st.sampled_from([4, 6])),
        lambda one: (one.opt_name, one.ip_version),
    ),
    tags=unique(texts, str),
    unsupported=unique(texts, str),
)
groups = st.builds(
    lambda rules, **changes: group(*rules, **changes),
    unique(
        st.builds(
            rule,
            st.integers(0, 9),
            remote_address_group_id=st.sampled_from([None, 'ag']),
        ),
        lambda one: one.id,
    ),
    rbac=unique(rbac, lambda one: one.id),
    tags=unique(texts, str),
)
