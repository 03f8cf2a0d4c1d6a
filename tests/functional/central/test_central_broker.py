# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No request of central waits for a broker that is away."""

from collections.abc import Iterator
import socket
import time

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import neutron

#: No request may take this long; a single attempt at a broker does.
SECONDS = 5.0


@pytest.fixture(scope='module')
def central() -> Iterator[neutron.NeutronProcess]:
    """A central whose broker takes connections and never says a word."""
    with socket.create_server(('127.0.0.1', 0), backlog=64) as broker:
        url = 'rabbit://u:p@127.0.0.1:%d/' % broker.getsockname()[1]
        with clouds.Cloud.start(
            regions=(),
            xjobs=0,
            admin_api=False,
            central={
                'DEFAULT': {
                    'transport_url': url,
                    'service_plugins': [
                        'qos',
                        'trunk',
                        'log',
                        'metering',
                        'segments',
                        'port_forwarding',
                        'conntrack_helper',
                        'ndp_proxy',
                        'network_segment_range',
                        'local_ip',
                    ],
                },
                'ml2': {'extension_drivers': ['port_security', 'qos']},
                # An operator who wants notifications gets them, later.
                'oslo_messaging_notifications': {'driver': 'messagingv2'},
            },
        ) as cloud:
            yield cloud.central


class Quick:
    """Calls central, and holds each call to its time."""

    def __init__(self, client: clouds.NeutronClient) -> None:
        self._client = client
        self.slowest = 0.0

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        expect: tuple[int, ...] = (200, 201, 204),
    ) -> clouds.client.Json:
        started = time.monotonic()
        answer = self._client.request(method, path, body, timeout=30)
        taken = time.monotonic() - started
        assert answer.status_code in expect, f'{method} {path} {answer.text}'
        assert taken < SECONDS, f'{method} {path} took {taken:.1f} s'
        content = answer.json() if answer.content else {}
        if len(content) == 1:
            only = next(iter(content.values()))
            return dict(only) if isinstance(only, dict) else {'list': only}
        return dict(content)

    def make(self, path: str, key: str, **body: object) -> str:
        return str(self('POST', path, {key: body})['id'])


def test_writes_of_every_resource_are_quick(
    central: neutron.NeutronProcess,
) -> None:
    call = Quick(central.admin)
    make = call.make
    network = make('/networks', 'network', name='n')
    call('PUT', f'/networks/{network}', {'network': {'name': 'm'}})
    call('PUT', f'/networks/{network}/tags', {'tags': ['t']})
    subnet = make(
        '/subnets',
        'subnet',
        network_id=network,
        cidr='10.1.0.0/24',
        ip_version=4,
    )
    call('PUT', f'/subnets/{subnet}', {'subnet': {'enable_dhcp': False}})
    group = make('/security-groups', 'security_group', name='g')
    rule = make(
        '/security-group-rules',
        'security_group_rule',
        security_group_id=group,
        direction='ingress',
    )
    addresses = make(
        '/address-groups', 'address_group', name='a', addresses=['10.0.0.0/8']
    )
    call(
        'PUT',
        f'/address-groups/{addresses}/add_addresses',
        {'addresses': ['10.9.0.0/16']},
    )
    policy = make('/qos/policies', 'policy', name='q')
    limit = make(
        f'/qos/policies/{policy}/bandwidth_limit_rules',
        'bandwidth_limit_rule',
        max_kbps=1000,
    )
    call(
        'PUT',
        f'/qos/policies/{policy}/bandwidth_limit_rules/{limit}',
        {'bandwidth_limit_rule': {'max_kbps': 9}},
    )
    port = make(
        '/ports',
        'port',
        network_id=network,
        security_groups=[group],
        qos_policy_id=policy,
    )
    call('PUT', f'/ports/{port}', {'port': {'name': 'p'}})
    call('PUT', f'/ports/{port}', {'port': {'binding:host_id': 'nowhere'}})
    call('PUT', f'/ports/{port}', {'port': {'binding:host_id': ''}})
    call('POST', '/ports', {'ports': [{'network_id': network}] * 3})

    external = make('/networks', 'network', **{'router:external': True})
    outside = make(
        '/subnets',
        'subnet',
        network_id=external,
        cidr='203.0.113.0/24',
        ip_version=4,
    )
    router = make('/routers', 'router', name='r')
    call(
        'PUT',
        f'/routers/{router}',
        {'router': {'external_gateway_info': {'network_id': external}}},
    )
    call(
        'PUT', f'/routers/{router}/add_router_interface', {'subnet_id': subnet}
    )
    call(
        'PUT',
        f'/routers/{router}',
        {
            'router': {
                'routes': [
                    {'destination': '10.50.0.0/16', 'nexthop': '10.1.0.200'}
                ]
            }
        },
    )
    floating = make(
        '/floatingips',
        'floatingip',
        floating_network_id=external,
        port_id=port,
    )
    call('PUT', f'/floatingips/{floating}', {'floatingip': {'port_id': None}})
    forwarding = make(
        f'/floatingips/{floating}/port_forwardings',
        'port_forwarding',
        internal_port_id=port,
        internal_port=80,
        external_port=80,
        protocol='tcp',
        internal_ip_address=call('GET', f'/ports/{port}')['fixed_ips'][0][
            'ip_address'
        ],
    )
    helper = make(
        f'/routers/{router}/conntrack_helpers',
        'conntrack_helper',
        protocol='udp',
        port=69,
        helper='tftp',
    )
    ha_router = make('/routers', 'router', ha=True)
    dvr = make('/routers', 'router', distributed=True)
    label = make('/metering/metering-labels', 'metering_label', name='l')
    make(
        '/metering/metering-label-rules',
        'metering_label_rule',
        metering_label_id=label,
        direction='ingress',
        remote_ip_prefix='10.0.0.0/8',
    )
    log = make(
        '/log/logs', 'log', resource_type='security_group', resource_id=group
    )
    parent = make('/ports', 'port', network_id=network)
    child = make('/ports', 'port', network_id=network)
    trunk = make('/trunks', 'trunk', port_id=parent)
    call(
        'PUT',
        f'/trunks/{trunk}/add_subports',
        {
            'sub_ports': [
                {
                    'port_id': child,
                    'segmentation_type': 'vlan',
                    'segmentation_id': 7,
                }
            ]
        },
    )
    local = make('/local-ips', 'local_ip', network_id=network)
    numbers = make(
        '/network-segment-ranges',
        'network_segment_range',
        name='s',
        shared=True,
        network_type='vxlan',
        minimum=9001,
        maximum=9002,
    )
    shared = make(
        '/rbac-policies',
        'rbac_policy',
        object_type='network',
        object_id=network,
        action='access_as_shared',
        target_tenant='*',
    )

    for path in (
        f'/rbac-policies/{shared}',
        f'/network-segment-ranges/{numbers}',
        f'/local-ips/{local}',
        f'/trunks/{trunk}',
        f'/log/logs/{log}',
        f'/metering/metering-labels/{label}',
        f'/routers/{dvr}',
        f'/routers/{ha_router}',
        f'/routers/{router}/conntrack_helpers/{helper}',
        f'/floatingips/{floating}/port_forwardings/{forwarding}',
        f'/floatingips/{floating}',
        f'/ports/{port}',
        f'/qos/policies/{policy}',
        f'/address-groups/{addresses}',
        f'/security-group-rules/{rule}',
        f'/security-groups/{group}',
    ):
        call('DELETE', path)
    call('PUT', f'/routers/{router}', {'router': {'routes': []}})
    call(
        'PUT',
        f'/routers/{router}/remove_router_interface',
        {'subnet_id': subnet},
    )
    call('DELETE', f'/routers/{router}')
    call('DELETE', f'/subnets/{outside}')
    call('DELETE', f'/networks/{external}')


def test_intents_are_written_while_the_broker_is_away(
    central: neutron.NeutronProcess,
) -> None:
    call = Quick(central.admin)
    network = call.make('/networks', 'network', name='n')
    central.database.execute(
        'INSERT INTO pods (pod_id, region_name, az_name, pod_az_name,'
        " dc_name) VALUES ('pod-1', 'RegionOne', 'az1', '', '')"
    )
    central.database.execute(
        'INSERT INTO resource_routings (top_id, bottom_id, pod_id,'
        ' resource_type, created_at)'
        " VALUES (%s, %s, 'pod-1', 'network', NOW())",
        network,
        network,
    )

    for number in range(5):
        call(
            'PUT', f'/networks/{network}', {'network': {'name': f'n{number}'}}
        )

    rows = central.database.query(
        'SELECT counter, pending FROM journal WHERE resource_id = %s', network
    )
    assert [(row['counter'], row['pending']) for row in rows] == [(5, 1)]
