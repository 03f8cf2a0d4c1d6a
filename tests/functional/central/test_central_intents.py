# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Intents are written with the change that causes them, or not at all."""

from collections.abc import Callable
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.central_alone import CentralAlone


class Present:
    """A network with a port in RegionOne; the network in RegionTwo too."""

    def __init__(self, central: CentralAlone) -> None:
        self.central = central
        self.project = uuid.uuid4().hex
        self.user = central.user(self.project)
        self.network_id = central.network(self.project)
        self.subnet_id = str(
            self.user.list('subnet', network_id=self.network_id)[0]['id']
        )
        answer = central.allocate(
            self.network_id, 'RegionOne', self.project, name='p'
        )
        assert answer.status_code == 201, answer.text
        self.port = answer.json()['port']
        self.port_id = str(self.port['id'])
        self.group_id = str(self.port['security_groups'][0])
        answer = central.pull(
            'network', self.network_id, 'RegionTwo', self.project
        )
        assert answer.status_code == 200, answer.text

    def counters(self) -> dict[str, dict[str, int]]:
        """Return the counters of all there is, by ID and region."""
        return {
            id_: self.central.intents(id_)
            for id_ in (self.network_id, self.port_id, self.group_id)
        }

    def raised(self, act: Callable[[], object]) -> dict[str, list[str]]:
        """Return the regions that each resource is to be told in."""
        before = self.counters()
        act()
        return {
            id_: sorted(
                region
                for region, counter in after.items()
                if counter > before[id_].get(region, 0)
            )
            for id_, after in self.counters().items()
            if after != before[id_]
        }


@pytest.fixture
def there(central: CentralAlone) -> Present:
    return Present(central)


BOTH = ['RegionOne', 'RegionTwo']


def _update_network(it: Present) -> None:
    it.user.update('network', it.network_id, name='new')


def _tag_network(it: Present) -> None:
    it.user.put(f'/networks/{it.network_id}/tags', {'tags': ['t']})


def _share_network(it: Present) -> None:
    it.user.create(
        'rbac_policy',
        object_type='network',
        object_id=it.network_id,
        action='access_as_shared',
        target_tenant=uuid.uuid4().hex,
    )


def _create_subnet(it: Present) -> None:
    it.user.create_subnet(it.network_id, '10.2.0.0/24')


def _update_subnet(it: Present) -> None:
    it.user.update('subnet', it.subnet_id, dns_nameservers=['192.0.2.1'])


def _tag_subnet(it: Present) -> None:
    it.user.put(f'/subnets/{it.subnet_id}/tags', {'tags': ['t']})


@pytest.mark.parametrize(
    'change',
    [
        _update_network,
        _tag_network,
        _share_network,
        _create_subnet,
        _update_subnet,
        _tag_subnet,
    ],
)
def test_regions_with_a_network_hear_of_its_changes(
    there: Present, change: Callable[[Present], None]
) -> None:
    assert there.raised(lambda: change(there)) == {there.network_id: BOTH}


def _update_port(it: Present) -> None:
    it.user.update('port', it.port_id, name='new')


def _pair_port(it: Present) -> None:
    it.user.update(
        'port', it.port_id, allowed_address_pairs=[{'ip_address': '10.9.0.1'}]
    )


def _tag_port(it: Present) -> None:
    it.user.put(f'/ports/{it.port_id}/tags', {'tags': ['t']})


@pytest.mark.parametrize('change', [_update_port, _pair_port, _tag_port])
def test_region_with_a_port_hears_of_its_changes(
    there: Present, change: Callable[[Present], None]
) -> None:
    assert there.raised(lambda: change(there)) == {
        there.port_id: ['RegionOne']
    }


def test_what_a_region_says_of_a_port_is_no_news_to_it(
    there: Present,
) -> None:
    there.central.report(there.port_id, 'RegionOne')

    # The other region gets the port's shadow, this one nothing.
    assert there.central.intents(there.port_id) == {'RegionOne': 1}


def test_regions_with_a_group_hear_of_its_changes(there: Present) -> None:
    def add() -> None:
        there.user.create(
            'security_group_rule',
            direction='ingress',
            security_group_id=there.group_id,
        )

    told = there.raised(add)
    described = there.raised(
        lambda: there.user.update(
            'security_group', there.group_id, description='d'
        )
    )
    shared = there.raised(
        lambda: there.user.create(
            'rbac_policy',
            object_type='security_group',
            object_id=there.group_id,
            action='access_as_shared',
            target_tenant=uuid.uuid4().hex,
        )
    )
    rule = there.user.list(
        'security_group_rule', security_group_id=there.group_id
    )[0]
    removed = there.raised(
        lambda: there.user.remove('security_group_rule', rule['id'])
    )

    assert told == described == shared == removed
    assert 'RegionOne' in told[there.group_id]


def test_new_group_goes_where_its_project_is(there: Present) -> None:
    made = there.user.create_security_group(name='g')

    assert there.central.presence(made['id']) == BOTH
    assert there.central.intents(made['id']) == {
        'RegionOne': 1,
        'RegionTwo': 1,
    }


def test_group_of_a_project_that_is_nowhere_stays(
    central: CentralAlone,
) -> None:
    made = central.user(uuid.uuid4().hex).create_security_group(name='g')

    assert central.presence(made['id']) == []
    assert central.intents(made['id']) == {}


def test_network_that_is_nowhere_is_nobodys_business(
    central: CentralAlone,
) -> None:
    user = central.user(uuid.uuid4().hex)
    network = user.create_network()
    user.create_subnet(network['id'], '10.1.0.0/24')
    user.update('network', network['id'], name='new')
    user.remove('network', network['id'])

    assert central.intents(network['id']) == {}


def test_deletion_tells_regions_and_frees_what_was_held(
    there: Present,
) -> None:
    told = there.raised(lambda: there.user.remove('port', there.port_id))
    assert told == {there.port_id: ['RegionOne']}
    assert (
        there.central.rows(
            'SELECT * FROM port_locations WHERE port_id = %s', there.port_id
        )
        == []
    )

    told = there.raised(lambda: there.user.remove('network', there.network_id))

    assert told == {there.network_id: BOTH}
    assert there.central.presence(there.network_id) == BOTH
    assert there.central.reserved(there.network_id) == {}
    there.central.check_addresses()


def test_subnet_is_deleted_though_regions_hold_addresses(
    there: Present,
) -> None:
    there.user.remove('port', there.port_id)
    second = there.user.create_subnet(there.network_id, '10.2.0.0/24')
    held = there.central.reserved(there.network_id)
    assert all(len(kinds['gateway']) == 2 for kinds in held.values())

    there.user.remove('subnet', second['id'])

    held = there.central.reserved(there.network_id)
    assert all(len(kinds['gateway']) == 1 for kinds in held.values())
    there.central.check_addresses()


@pytest.mark.parametrize(
    ('method', 'path', 'body', 'status'),
    [
        # Refused by Neutron after its own rows were written.
        (
            'PUT',
            '/networks/{network}',
            {'network': {'mtu': 60000, 'name': 'x'}},
            400,
        ),
        (
            'PUT',
            '/ports/{port}',
            {'port': {'name': 'x', 'security_groups': [str(uuid.uuid4())]}},
            404,
        ),
        (
            'PUT',
            '/subnets/{subnet}',
            {'subnet': {'gateway_ip': '10.1.0.150', 'name': 'x'}},
            409,
        ),
        (
            'POST',
            '/subnets',
            {
                'subnet': {
                    'network_id': '{network}',
                    'cidr': '10.1.0.0/25',
                    'ip_version': 4,
                }
            },
            400,
        ),
        # Refused in the precommit: two regions need a gateway and a DHCP
        # address each.
        (
            'POST',
            '/subnets',
            {
                'subnet': {
                    'network_id': '{network}',
                    'cidr': '10.8.0.0/30',
                    'ip_version': 4,
                }
            },
            409,
        ),
        ('DELETE', '/subnets/{subnet}', None, 409),
        ('DELETE', '/networks/{network}', None, 409),
        (
            'POST',
            '/security-group-rules',
            {
                'security_group_rule': {
                    'security_group_id': '{group}',
                    'direction': 'ingress',
                    'remote_group_id': str(uuid.uuid4()),
                }
            },
            404,
        ),
    ],
)
def test_change_that_is_refused_leaves_no_intent(
    there: Present, method: str, path: str, body: object, status: int
) -> None:
    names = {
        'network': there.network_id,
        'port': there.port_id,
        'subnet': there.subnet_id,
        'group': there.group_id,
    }

    def filled(value: object) -> object:
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        if isinstance(value, str) and value.startswith('{'):
            return value.format(**names)
        return value

    def refuse() -> None:
        answer = there.user.request(method, path.format(**names), filled(body))
        assert answer.status_code == status, answer.text

    assert there.raised(refuse) == {}
    there.central.check_addresses()


def test_one_bulk_request_is_one_transaction(there: Present) -> None:
    def refuse() -> None:
        answer = there.user.post(
            '/subnets',
            {
                'subnets': [
                    {
                        'network_id': there.network_id,
                        'cidr': '10.2.0.0/24',
                        'ip_version': 4,
                    },
                    {
                        'network_id': there.network_id,
                        'cidr': '10.2.0.0/25',
                        'ip_version': 4,
                    },
                ]
            },
        )
        assert answer.status_code == 400, answer.text

    assert there.raised(refuse) == {}
    there.central.check_addresses()


def test_quota_that_is_exceeded_leaves_no_intent(there: Present) -> None:
    there.central.process.admin.put(
        f'/quotas/{there.project}', {'quota': {'subnet': 1}}
    )

    def refuse() -> None:
        with pytest.raises(clouds.ApiError) as refusal:
            there.user.create_subnet(there.network_id, '10.2.0.0/24')
        assert refusal.value.response.status_code == 409

    assert there.raised(refuse) == {}


def test_many_changes_are_one_entry(there: Present) -> None:
    before = there.counters()[there.network_id]['RegionOne']
    for number in range(10):
        there.user.update('network', there.network_id, name=f'n{number}')

    assert there.counters()[there.network_id]['RegionOne'] == before + 10
    assert (
        len(
            there.central.rows(
                'SELECT id FROM journal WHERE resource_id = %s',
                there.network_id,
            )
        )
        == 2
    )
