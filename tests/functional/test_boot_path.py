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

from collections.abc import Callable
import functools
import time
import uuid

import pytest
import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json

PULL_NETWORK = r'/networks/[^/]+/replicas/'


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of central that no region has seen."""
    found, _subnet = regions.make_network(cloud, fresh_project)
    return found


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
            for call in cloud.central_calls.since(mark)
            if call.proxy == region.to_central.name
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
    calls = cloud.central_calls.since(mark)
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
        assert subnet['id'] == user.list('subnet')[0]['id']
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
    [central] = cloud.central.client(fresh_project).list('subnet')
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
    pulls = cloud.central_calls.since(mark, method='PUT')
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


def test_ports_made_in_one_request_are_allocated_in_one(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    own = user.create_network(name='own')
    user.create_subnet(own['id'], '10.1.0.0/24')
    mark = cloud.central_calls.mark()
    made = user.create_bulk(
        'port',
        [{'network_id': network['id'], 'name': f'b{n}'} for n in range(5)]
        + [{'network_id': own['id'], 'name': 'own'}],
    )
    calls = cloud.central_calls.since(mark, path=r'/ports$')
    assert [str(call) for call in calls] == ['POST /v2.0/ports -> 201']
    assert [port['name'] for port in made] == [
        'b0',
        'b1',
        'b2',
        'b3',
        'b4',
        'own',
    ]
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert sorted(port['name'] for port in there.values()) == [
        'b0',
        'b1',
        'b2',
        'b3',
        'b4',
    ]


def test_a_bulk_request_that_fails_leaves_nothing(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    taken = user.create_port(network['id'])
    address = taken['fixed_ips'][0]['ip_address']
    with pytest.raises(clouds.ApiError) as refused:
        user.create_bulk(
            'port',
            [
                {'network_id': network['id']},
                {
                    'network_id': network['id'],
                    'fixed_ips': [{'ip_address': address}],
                },
            ],
        )
    assert (refused.value.status, refused.value.type) == (
        409,
        'IpAddressAlreadyAllocated',
    )
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert set(there) == {taken['id']}
    assert not regions.ledger(
        cloud.one, parent_id=network['id'], state='allocating'
    )


def test_forty_ports_at_once_from_two_regions(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    def boot(region: clouds.Region) -> clouds.Instance:
        return region.nova(project=fresh_project).boot(
            network_id=network['id'], validate=False
        )

    both = [cloud.one, cloud.two] * 20
    booted = regions.all_at_once(
        [functools.partial(boot, one) for one in both]
    )
    failed = [one for one in booted if isinstance(one, Exception)]
    assert failed == []
    there = clouds.eventually(
        lambda: regions.same_ports(
            cloud, network['id'], [cloud.one, cloud.two]
        ),
        20,
    )
    assert len(there) == 40
    taken = [ip for port in there.values() for ip in regions.addresses(port)]
    assert len(set(taken)) == 40
    for region in (cloud.one, cloud.two):
        mine = regions.ports_of(region.admin, network['id'])
        assert len(mine) == 20
        assert (
            len(
                region.admin.list(
                    'port',
                    network_id=network['id'],
                    device_owner='network:dhcp',
                )
            )
            == 1
        )


@pytest.mark.parametrize('what', ['drop_request', 'drop_answer'])
@pytest.mark.parametrize('path', [r'/ports$', PULL_NETWORK])
def test_a_lost_call_is_made_good(
    cloud: clouds.Cloud,
    fresh_project: str,
    network: Json,
    what: str,
    path: str,
) -> None:
    user = cloud.one.client(fresh_project)
    fault = getattr(cloud.one.to_central, what)(path=path)
    try:
        user.create_port(network['id'])
    except clouds.ApiError as error:
        # A lost pull is the caller's to repeat, and Nova does.
        assert path == PULL_NETWORK and error.status == 503
        user.create_port(network['id'])
    assert fault.hits == 1
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert len(there) == 1


def test_the_last_port_of_a_quota_is_got_though_its_answer_is_lost(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    cloud.central.admin.put(f'/quotas/{fresh_project}', {'quota': {'port': 1}})
    fault = cloud.one.to_central.drop_answer(path=r'/ports$')

    made = user.create_port(network['id'])

    assert fault.hits == 1
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    with pytest.raises(clouds.ApiError) as refused:
        user.create_port(network['id'])
    assert refused.value.type == 'OverQuota'
    assert user.show('port', made['id'])


@pytest.mark.parametrize('second', [False, True])
@pytest.mark.parametrize('path', [r'/ports$', PULL_NETWORK])
def test_a_doubled_call_is_one(
    cloud: clouds.Cloud,
    fresh_project: str,
    network: Json,
    path: str,
    second: bool,
) -> None:
    fault = cloud.one.to_central.duplicate(second_answer=second, path=path)
    cloud.one.nova(project=fresh_project).boot(network_id=network['id'])
    assert fault.hits == 1
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert len(there) == 1


def test_an_allocation_without_any_answer_is_given_back(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    cloud.one.to_central.drop_answer(path=r'/ports$', times=2)
    with pytest.raises(clouds.ApiError) as refused:
        user.create_port(network['id'])
    assert refused.value.status == 503
    assert 'central' in refused.value.message.lower()

    def given_back() -> None:
        assert regions.ports_of(cloud.central.admin, network['id']) == {}

    clouds.eventually(given_back)
    assert regions.ports_of(cloud.one.admin, network['id']) == {}
    assert not regions.ledger(
        cloud.one, parent_id=network['id'], state='allocating'
    )


#: Where a boot is interrupted, in its order.
STEPS = (
    'local.apply.leased',
    'local.pull.answered',
    'local.apply.done',
    'local.port.recorded',
    'local.port.allocated',
    'local.port.required',
    'local.port.created',
)


def test_a_region_killed_at_each_step_of_a_boot_leaks_nothing(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    networks = {}
    nova = cloud.one.nova(project=fresh_project)
    for step in STEPS:
        # As if [tricircle] allocation_grace had passed.
        cloud.one.database.execute(
            'UPDATE tricircle_replicas SET created_at = created_at'
            " - INTERVAL 1 HOUR WHERE state = 'allocating'"
        )
        # What the last kill left passes the same steps: it is not to die of
        # that.
        clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
        networks[step], _subnet = regions.make_network(
            cloud, fresh_project, name=step
        )
        cloud.one.arm(step)
        with pytest.raises((requests.RequestException, clouds.ApiError)):
            nova.boot(network_id=networks[step]['id'])
            # A kill that comes after the answer would be no test.
            pytest.fail(f'{step}: the process lives')
        cloud.one.wait_death()
        cloud.one.start()
    booted = {
        step: nova.boot(network_id=network['id'])
        for step, network in networks.items()
    }

    def settled() -> None:
        regions.outbox_empty(cloud.one)
        for step, network in networks.items():
            there = regions.same_ports(cloud, network['id'], [cloud.one])
            # The one whose answer got lost is complete, and Nova's to
            # remove.
            lost = {'local.port.created'} & {step}
            assert len(there) == 1 + len(lost), step
            assert booted[step].port_id in there

    clouds.eventually(settled, 20)


def test_without_central_what_exists_goes_on_working(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    kept = nova.boot(network_id=network['id'])
    doomed = nova.boot(network_id=network['id'])
    user = cloud.one.client(fresh_project)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    with cloud.one.to_central.away():
        started = time.monotonic()
        assert user.show('port', kept.port_id)['id'] == kept.port_id
        assert user.list('network', id=network['id'])
        assert user.list('port')
        nova.migrate(kept, 'regionone-host2')
        nova.delete(doomed)
        assert time.monotonic() - started < 8
        assert not user.exists('port', doomed.port_id)
        for asked in (
            lambda: user.create_port(network['id']),
            lambda: user.show('network', str(uuid.uuid4())),
            lambda: user.list('network', id=str(uuid.uuid4())),
        ):
            started = time.monotonic()
            with pytest.raises(clouds.ApiError) as refused:
                asked()
            assert time.monotonic() - started < 8
            assert refused.value.status == 503
            assert refused.value.type == 'CentralUnavailable'
            assert 'goes on working' in refused.value.message
        assert regions.outbox(cloud.one)
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    there = regions.same_ports(cloud, network['id'], [cloud.one])
    assert set(there) == {kept.port_id}
    assert there[kept.port_id]['binding:host_id'] == 'regionone-host2'


@pytest.mark.parametrize('what', ['create', 'show', 'list', 'update'])
def test_a_central_that_hangs_is_waited_for_no_longer_than_eight_seconds(
    cloud: clouds.Cloud, fresh_project: str, network: Json, what: str
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    calls: dict[str, Callable[[], object]] = {
        'create': lambda: user.create_port(network['id']),
        'show': lambda: user.show('network', str(uuid.uuid4())),
        'list': lambda: user.list('network', id=str(uuid.uuid4())),
        'update': lambda: user.update('port', port['id'], name='new'),
    }
    held = cloud.one.to_central.hold(times=None)
    started = time.monotonic()
    with pytest.raises(clouds.ApiError) as refused:
        calls[what]()
    assert time.monotonic() - started < 8
    assert held.hits
    assert refused.value.status == 503
    assert refused.value.type == 'CentralUnavailable'
    assert user.show('network', network['id'])
    assert user.show('port', port['id'])['name'] == ''
    # What hung is done now, after the region gave up on it.
    held.release()

    def given_back() -> None:
        regions.outbox_empty(cloud.one)
        there = regions.ports_of(cloud.central.admin, network['id'])
        assert set(there) == {port['id']}

    clouds.eventually(given_back, 20)


def test_a_central_that_hangs_delays_no_binding_and_no_deletion(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    nova = cloud.one.nova(project=fresh_project)
    kept = nova.boot(network_id=network['id'])
    doomed = nova.boot(network_id=network['id'])
    user = cloud.one.client(fresh_project)
    unbound = user.create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    held = cloud.one.to_central.hold(times=None)
    calls: tuple[Callable[[], object], ...] = (
        lambda: nova.boot(port_id=unbound['id']),
        lambda: nova.migrate(kept, 'regionone-host2'),
        lambda: nova.delete(doomed),
    )
    for call in calls:
        started = time.monotonic()
        call()
        # Less than central's time-out: nobody waited for it.
        assert time.monotonic() - started < 5
    assert not user.exists('port', doomed.port_id)
    bound = cloud.one.admin.show('port', unbound['id'])
    assert bound['binding:vif_type'] == 'ovs'
    # Central hears of it in the background, as soon as it listens.
    held.wait()
    held.release()

    def settled() -> None:
        regions.outbox_empty(cloud.one)
        there = regions.same_ports(cloud, network['id'], [cloud.one])
        assert set(there) == {kept.port_id, unbound['id']}
        assert there[kept.port_id]['binding:host_id'] == 'regionone-host2'
        assert there[unbound['id']]['device_id']

    clouds.eventually(settled, 30)
