# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Booting instances on networks of central, as Nova does it."""

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


def test_a_boot_in_a_new_region_asks_central_twice(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    # What is held is sent in the background: if the request itself waited
    # for it, it would not come to an end.
    for region in (cloud.one, cloud.two):
        region.to_central.hold(path=regions.REPORT, times=None)
        mark = cloud.central_calls.mark()
        nova = region.nova(project=fresh_project)
        instance = nova.boot(network_id=network['id'])
        nova.delete(instance)
        asked = [
            (call.method, call.path.rsplit('/', 1)[0])
            for call in regions.of_callers(
                cloud.central_calls.since(mark), region
            )
        ]
        assert asked == [
            ('PUT', f'/v2.0/networks/{network["id"]}/replicas'),
            ('POST', '/v2.0'),
        ]
        region.to_central.heal()


def test_a_boot_where_the_network_is_known_asks_central_once(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    nova.boot(network_id=network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    cloud.one.to_central.hold(path=regions.REPORT, times=None)
    mark = cloud.central_calls.mark()
    nova.delete(nova.boot(network_id=network['id']))
    calls = regions.of_callers(cloud.central_calls.since(mark), cloud.one)
    assert [str(call) for call in calls] == ['POST /v2.0/ports -> 201']


def test_what_a_boot_makes_is_the_same_everywhere(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.central.client(fresh_project)
    group = user.create_security_group(name='web')
    user.create(
        'security_group_rule',
        security_group_id=group['id'],
        direction='ingress',
        ethertype='IPv4',
        protocol='tcp',
        port_range_min=80,
        port_range_max=80,
    )
    [default] = user.list('security_group', name='default')
    booted = []
    for region in (cloud.one, cloud.two):
        nova = region.nova(project=fresh_project)
        booted.append(nova.boot(network_id=network['id']))
        booted.append(
            nova.boot(network_id=network['id'], security_groups=(group['id'],))
        )
        shown = region.client(fresh_project)
        assert shown.show('network', network['id'])['name'] == 'net'
        [subnet] = shown.list('subnet', network_id=network['id'])
        in_central = user.list('subnet', network_id=network['id'])
        assert [subnet['id']] == [one['id'] for one in in_central]
        assert [
            one['id'] for one in shown.list('security_group', name='default')
        ] == [default['id']]
        rules = [
            shown.show('security_group', group['id'])['security_group_rules'],
            user.show('security_group', group['id'])['security_group_rules'],
        ]
        here, there = ({rule['id'] for rule in one} for one in rules)
        assert here == there
    clouds.eventually(
        lambda: regions.same_ports(
            cloud, network['id'], [cloud.one, cloud.two]
        )
    )
    taken = [one.addresses for one in booted]
    assert len({tuple(one) for one in taken}) == 4
    shown_groups = {one.port_id: one.port['security_groups'] for one in booted}
    assert sorted(shown_groups.values()) == sorted(
        [[default['id']], [group['id']], [default['id']], [group['id']]]
    )


def test_each_region_has_a_gateway_and_a_dhcp_port_of_its_own(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    gateways, servers = set(), set()
    for region in (cloud.one, cloud.two):
        region.nova(project=fresh_project).boot(network_id=network['id'])
        [subnet] = region.admin.list('subnet', network_id=network['id'])
        gateways.add(subnet['gateway_ip'])
        [dhcp] = region.admin.list(
            'port', network_id=network['id'], device_owner='network:dhcp'
        )
        servers.update(regions.addresses(dhcp))
    [central] = cloud.central.client(fresh_project).list(
        'subnet', network_id=network['id']
    )
    assert len(gateways | {central['gateway_ip']}) == 3
    assert len(servers) == 2


def test_central_learns_where_an_instance_is(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    instance = nova.boot(network_id=network['id'])

    def shown() -> Json:
        port = cloud.central.admin.show('port', instance.port_id)
        assert port['binding:host_id'] == instance.host
        assert port['device_id'] == instance.id
        assert port['device_owner'] == 'compute:nova'
        return port

    clouds.eventually(shown)
    cloud.one.agent_reports_up(instance.port_id, instance.host)
    clouds.eventually(lambda: _assert_status(cloud, instance.port_id))
    nova.delete(instance)
    clouds.eventually(
        lambda: _assert_gone(cloud.central.admin, instance.port_id)
    )
    assert regions.state(cloud.one, instance.port_id) == 'deleted'


def _assert_status(cloud: clouds.Cloud, port_id: str) -> None:
    assert cloud.central.admin.show('port', port_id)['status'] == 'ACTIVE'


def _assert_gone(client: clouds.NeutronClient, port_id: str) -> None:
    assert not client.exists('port', port_id)


def test_the_region_has_what_the_document_says(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    instance = cloud.one.nova(project=fresh_project).boot(
        network_id=network['id']
    )
    for kind, resource_id in (
        ('port', instance.port_id),
        ('network', network['id']),
        ('security-group', instance.port['security_groups'][0]),
    ):
        answer = cloud.one.client(
            'service-project', clients_service(), 'tricircle'
        ).get(f'/replicas/{kind}/{resource_id}')
        assert answer.status_code == 200, answer.text
        [row] = regions.ledger(
            cloud.one, resource_type=kind, resource_id=resource_id
        )
        assert answer.json()['replica']['digest'] == row['digest'], kind


def clients_service() -> tuple[str, ...]:
    """Return the roles of a service that administrates."""
    return clouds.SERVICE


def test_a_port_of_central_is_booted_with_its_address_and_mac(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.central.client(fresh_project)
    port = user.create_port(
        network['id'],
        name='chosen',
        mac_address='fa:16:3e:00:aa:01',
        fixed_ips=[{'ip_address': '10.1.0.77'}],
    )
    nova = cloud.two.nova(project=fresh_project)
    cloud.two.to_central.hold(path=regions.REPORT + '.*', times=None).cancel()
    mark = cloud.central_calls.mark()
    shown = nova.user.show('port', port['id'])
    pulls = regions.of_callers(
        cloud.central_calls.since(mark, method='PUT'), cloud.two
    )
    assert len(pulls) == 1 and b'"pull"' in pulls[0].body
    assert (shown['mac_address'], shown['name']) == (
        'fa:16:3e:00:aa:01',
        'chosen',
    )
    instance = nova.boot(port_id=port['id'])
    assert instance.addresses == ['10.1.0.77']
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.two])
    )
    clouds.eventually(lambda: _assert_host(cloud, port['id'], instance.host))
    nova.delete(instance)
    clouds.eventually(lambda: _assert_host(cloud, port['id'], ''))
    assert user.exists('port', port['id'])


def _assert_host(cloud: clouds.Cloud, port_id: str, host: str) -> None:
    port = cloud.central.admin.show('port', port_id)
    assert port['binding:host_id'] == host


def test_everything_that_is_said_of_a_port_reaches_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    said = {
        'name': 'all',
        'description': 'of it',
        'admin_state_up': False,
        'fixed_ips': [{'ip_address': '10.1.0.66'}],
        'mac_address': 'fa:16:3e:00:bb:02',
        'allowed_address_pairs': [{'ip_address': '10.9.9.9'}],
        'extra_dhcp_opts': [
            {'opt_name': 'server-ip-address', 'opt_value': '10.1.0.1'}
        ],
        'device_id': 'some-device',
    }
    made = cloud.one.client(fresh_project).create_port(network['id'], **said)
    there = cloud.central.client(fresh_project).show('port', made['id'])
    for key in (
        'name',
        'description',
        'admin_state_up',
        'mac_address',
        'fixed_ips',
        'device_id',
        'allowed_address_pairs',
        'extra_dhcp_opts',
        'security_groups',
    ):
        assert made[key] == there[key], key
    assert made['allowed_address_pairs'] == [
        {'ip_address': '10.9.9.9', 'mac_address': 'fa:16:3e:00:bb:02'}
    ]
    bare = cloud.one.client(fresh_project).create_port(
        network['id'],
        security_groups=[],
        fixed_ips=[],
        **{'binding:vnic_type': 'direct'},
    )
    there = cloud.central.client(fresh_project).show('port', bare['id'])
    for port in (bare, there):
        assert port['security_groups'] == []
        assert port['fixed_ips'] == []
    assert bare['binding:vnic_type'] == 'direct'
    shown = cloud.central.admin.show('port', bare['id'])
    assert shown['binding:vnic_type'] == 'direct'


def test_addresses_that_follow_from_the_mac_are_the_same(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.central.client(fresh_project)
    user.create_subnet(
        network['id'],
        '2001:db8:1::/64',
        ipv6_ra_mode='slaac',
        ipv6_address_mode='slaac',
    )
    made = cloud.one.client(fresh_project).create_port(network['id'])
    assert len(made['fixed_ips']) == 2
    [only] = [
        one
        for one in cloud.one.client(fresh_project).create_bulk(
            'port',
            [
                {
                    'network_id': network['id'],
                    'fixed_ips': [
                        {'subnet_id': ip['subnet_id']}
                        for ip in made['fixed_ips']
                        if ':' in ip['ip_address']
                    ],
                }
            ],
        )
    ]
    assert len(only['fixed_ips']) == 1
    in_central = user.create_port(network['id'])
    cloud.two.client(fresh_project).show('port', in_central['id'])
    clouds.eventually(
        lambda: regions.same_ports(
            cloud, network['id'], [cloud.one, cloud.two]
        )
    )
