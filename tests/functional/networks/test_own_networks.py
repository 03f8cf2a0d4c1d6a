# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A region's own networks, beside those of central, notice nothing.

The same requests go to a stock Neutron and to a region that has networks of
central with the same names and addresses: the answers are the same, but for
what is random in them, central is not asked, and hardly a statement more is
sent to the database.
"""

from collections.abc import Iterator
import json
import re
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json

_UUID = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
)
_RANDOM = {
    'created_at',
    'updated_at',
    'mac_address',
    'standard_attr_id',
    'provider:segmentation_id',
    # Vanilla's host has another name.
    'binding:host_id',
    'binding:vif_details',
}


@pytest.fixture(scope='module')
def cloud(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[clouds.Cloud]:
    """A cloud with one region and a stock Neutron beside it."""
    # To know whose a port's network is Neutron reads it, and forgets it five
    # seconds later: how often it does would depend on the machine's speed.
    rules = tmp_path_factory.mktemp('policy') / 'policy.yaml'
    rules.write_text('network_owner: project_id:%(project_id)s\n')
    options = {'oslo_policy': {'policy_file': str(rules)}}
    with clouds.Cloud.start(
        regions=('RegionOne',),
        vanilla=True,
        xjobs=0,
        admin_api=False,
        region=options,
        vanilla_options=options,
    ) as cloud:
        yield cloud


def _order(item: Any) -> str:
    """Put what has no order of its own into one: rules of a group."""
    return _UUID.sub('', json.dumps(item, sort_keys=True))


class _Life:
    """What an operator and a tenant do with a network, step by step."""

    def __init__(self, region: clouds.Region, project: str) -> None:
        self.region = region
        self.user = region.client(project)
        self.answers: list[Any] = []
        self.counts: dict[str, clouds.Statements] = {}
        self._names: dict[str, str] = {}

    def step(self, name: str, call: Any) -> Any:
        """Make a call, and note its answer and its statements."""
        with self.region.count_statements() as counted:
            try:
                answer = call()
                self.answers.append((name, self._plain(answer)))
            except clouds.ApiError as error:
                answer = None
                self.answers.append(
                    (
                        name,
                        error.status,
                        error.type,
                        # Ports in use are listed in no order.
                        _UUID.sub('id', error.message),
                    )
                )
        self.counts[name] = counted.count
        return answer

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._plain(one)
                for key, one in sorted(value.items())
                if key not in _RANDOM
            }
        if isinstance(value, list):
            return [self._plain(one) for one in sorted(value, key=_order)]
        if isinstance(value, str):
            return _UUID.sub(
                lambda found: self._names.setdefault(
                    found[0], f'id-{len(self._names)}'
                ),
                value,
            )
        return value

    def live(self) -> None:
        """Do it all."""
        self._go_on(*self.begin())

    def begin(self) -> tuple[str, str, str]:
        """Do what comes first.

        :returns: network, subnet, a port
        """
        user, step = self.user, self.step
        network = step('network', lambda: user.create_network(name='net'))
        network_id = network['id']
        subnet = step(
            'subnet', lambda: user.create_subnet(network_id, '10.1.0.0/24')
        )
        step('show', lambda: user.show('network', network_id))
        step('list', lambda: user.list('network', name='net'))
        step('list by ID', lambda: user.list('network', id=network_id))
        port = step(
            'port',
            lambda: user.create_port(
                network_id, fixed_ips=[{'ip_address': '10.1.0.10'}]
            ),
        )
        step(
            'taken',
            lambda: user.create_port(
                network_id, fixed_ips=[{'ip_address': '10.1.0.10'}]
            ),
        )
        step(
            'ports',
            lambda: user.create_bulk(
                'port',
                [
                    {
                        'network_id': network_id,
                        'fixed_ips': [{'ip_address': f'10.1.0.{last}'}],
                    }
                    for last in (11, 12)
                ],
            ),
        )
        step(
            'bind',
            lambda: self.region.service.update(
                'port',
                port['id'],
                device_id='vm',
                device_owner='compute:nova',
                **{'binding:host_id': self.region.default_host},
            ),
        )
        step(
            'addresses',
            lambda: user.update(
                'port', port['id'], fixed_ips=[{'ip_address': '10.1.0.20'}]
            ),
        )
        return network_id, subnet['id'], port['id']

    def _go_on(self, network_id: str, subnet_id: str, port_id: str) -> None:
        user, admin, step = self.user, self.region.admin, self.step
        step('rename', lambda: user.update('port', port_id, name='new'))
        group = step('group', lambda: user.create_security_group(name='web'))
        step(
            'rule',
            lambda: user.create(
                'security_group_rule',
                security_group_id=group['id'],
                direction='ingress',
                protocol='tcp',
                port_range_min=80,
                port_range_max=80,
            ),
        )
        step(
            'groups',
            lambda: user.update(
                'port', port_id, security_groups=[group['id']]
            ),
        )
        self._route(network_id, subnet_id, port_id)
        step('in use', lambda: user.remove('network', network_id))
        for one in sorted(
            user.list('port', network_id=network_id),
            key=lambda port: str(port['fixed_ips']),
        ):
            step(
                f'delete {one["fixed_ips"][0]["ip_address"]}',
                lambda one_id=one['id']: admin.remove('port', one_id),
            )
        step('delete network', lambda: user.remove('network', network_id))
        # A name that nothing here has would be asked for in central.
        step('gone', lambda: user.list('network'))

    def _route(self, network_id: str, subnet_id: str, port_id: str) -> None:
        user, admin, step = self.user, self.region.admin, self.step
        external = step(
            'external',
            lambda: admin.create_network(
                name='ext', **{'router:external': True}
            ),
        )
        step(
            'external subnet',
            lambda: admin.create_subnet(
                external['id'], '203.0.113.0/24', enable_dhcp=False
            ),
        )
        router = step('router', lambda: user.create_router(name='r'))
        step(
            'gateway',
            lambda: admin.update(
                'router',
                router['id'],
                external_gateway_info={
                    'network_id': external['id'],
                    'external_fixed_ips': [{'ip_address': '203.0.113.9'}],
                },
            ),
        )
        step(
            'interface',
            lambda: user.add_router_interface(
                router['id'], subnet_id=subnet_id
            ),
        )
        floating = step(
            'floating IP',
            lambda: admin.create(
                'floatingip',
                floating_network_id=external['id'],
                floating_ip_address='203.0.113.50',
                port_id=port_id,
                tenant_id=user.project,
            ),
        )
        step(
            'no floating IP',
            lambda: user.remove('floatingip', floating['id']),
        )
        step(
            'no interface',
            lambda: user.remove_router_interface(
                router['id'], subnet_id=subnet_id
            ),
        )
        step('no router', lambda: user.remove('router', router['id']))
        step('no external', lambda: admin.remove('network', external['id']))


@pytest.fixture(scope='module')
def lives(cloud: clouds.Cloud) -> dict[str, _Life]:
    """The same life in both, after one to warm up."""
    project = uuid.uuid4().hex
    network, _subnet = regions.make_network(cloud, project)
    cloud.one.nova(project=project).boot(network_id=network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    # What the outbox looks for now and then is not to be counted.
    cloud.one.configure({'tricircle': {'outbox_poll_interval': 3600}})
    cloud.one.restart()
    for region in (cloud.vanilla, cloud.one):
        _Life(region, uuid.uuid4().hex).live()
    mark = cloud.central_calls.mark()
    found = {}
    stranger = uuid.uuid4().hex
    for name, region in (('vanilla', cloud.vanilla), ('region', cloud.one)):
        found[name] = _Life(region, stranger)
        found[name].live()
    calls = [str(call) for call in cloud.central_calls.since(mark)]
    assert calls == []
    assert regions.outbox(cloud.one) == []
    # A project that central knows is served alike.
    mixed = _Life(cloud.one, project)
    mixed.begin()
    found['mixed'] = mixed
    return found


def test_the_answers_are_the_same(lives: dict[str, _Life]) -> None:
    for ours, stock in zip(
        lives['region'].answers, lives['vanilla'].answers, strict=True
    ):
        assert ours == stock


def test_a_project_of_central_is_served_alike(
    lives: dict[str, _Life],
) -> None:
    ours, stock = (
        [
            (answer[0], answer[1] if len(answer) > 2 else 'done')
            for answer in lives[name].answers
        ]
        for name in ('mixed', 'vanilla')
    )
    assert ours == stock[: len(ours)]
    assert len(ours) == 10


def test_hardly_a_statement_more_is_sent(lives: dict[str, _Life]) -> None:
    stock = lives['vanilla'].counts
    more: Json = {}
    for name, count in lives['region'].counts.items():
        difference = count - stock[name]
        assert difference.updates == 0, name
        if difference.selects:
            more[name] = difference.selects
    # Each is one look into the ledger, by primary key: whose the resources
    # are that a request names or touches.
    # A port that is named for use is looked for as well, since it may be one
    # to bring here, and for an administrator whether it is a shadow.
    named = {'interface': 4, 'floating IP': 5, 'bind': 3}
    assert {
        name: selects
        for name, selects in more.items()
        if selects > named.get(name, 2)
    } == {}
    assert more.get('port', 0) <= 1
    # Reading costs nothing at all.
    assert not {'show', 'list', 'list by ID'} & set(more), more
