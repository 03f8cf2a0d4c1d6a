# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``... network adopt`` against real Neutrons: all of it, or nothing."""

import concurrent.futures
import dataclasses
import io
import time
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.jobs import sweeps
from tests.functional.stretched import await_shadow
from tricircle.cli.v1 import network as network_commands

HOST = 'regionone-host1'


@dataclasses.dataclass
class Own:
    """A network of RegionOne's own, in use.

    :ivar user: its project's member, in the region
    """

    cloud: clouds.Cloud
    project: str
    user: clouds.NeutronClient
    network: Json
    subnet: Json
    group: Json
    remote: Json
    ports: list[Json]
    agent_port: Json

    def rows(self) -> list[Any]:
        """Return what Neutron has of it in the region, and its revisions."""
        network_id = self.network['id']
        query = self.cloud.one.database.query
        return [
            query(
                'SELECT * FROM ports WHERE network_id = %s ORDER BY id',
                network_id,
            ),
            query(
                'SELECT b.* FROM ml2_port_bindings b JOIN ports p ON'
                ' p.id = b.port_id WHERE p.network_id = %s'
                ' ORDER BY b.port_id',
                network_id,
            ),
            query(
                'SELECT a.* FROM standardattributes a JOIN ports p ON'
                ' p.standard_attr_id = a.id WHERE p.network_id = %s'
                ' ORDER BY a.id',
                network_id,
            ),
            query(
                'SELECT a.* FROM standardattributes a JOIN networks n ON'
                ' n.standard_attr_id = a.id WHERE n.id = %s',
                network_id,
            ),
            query(
                'SELECT a.* FROM standardattributes a JOIN securitygrouprules'
                ' r ON r.standard_attr_id = a.id'
                ' WHERE r.security_group_id IN (%s, %s) ORDER BY a.id',
                self.group['id'],
                self.remote['id'],
            ),
        ]

    def of_central(self) -> set[str]:
        """Return the IDs of what of it central has."""
        central = self.cloud.central.client(self.project)
        wanted = {
            'network': [self.network],
            'subnet': [self.subnet],
            'security_group': [self.group, self.remote],
            'port': self.ports,
        }
        return {
            found['id']
            for kind, some in wanted.items()
            for one in some
            for found in central.list(kind, id=one['id'])
        }

    def ids(self) -> set[str]:
        """Return the IDs of what central is to have of it."""
        return {
            one['id']
            for one in (
                self.network,
                self.subnet,
                self.group,
                self.remote,
                *self.ports,
            )
        }

    def marked(self) -> set[str]:
        """Return the IDs that the region's ledger has of it."""
        return {
            one['resource_id'] for one in regions.ledger(self.cloud.one)
        } & {*self.ids(), self.agent_port['id']}


def make_own(cloud: clouds.Cloud, project: str) -> Own:
    """Make a network with two instances, a DHCP agent's port, and groups."""
    user = cloud.one.client(project)
    operator = cloud.one.client(project, roles=clouds.ADMIN)
    network = user.create_network(name=uuid.uuid4().hex)
    subnet = user.create_subnet(network['id'], '10.31.0.0/24')
    remote = user.create('security_group', name='callers')
    group = user.create('security_group', name='served')
    user.create(
        'security_group_rule',
        security_group_id=group['id'],
        direction='ingress',
        protocol='tcp',
        remote_group_id=remote['id'],
    )
    default, *_ = user.list('security_group', name='default')
    ports = [
        operator.create(
            'port',
            network_id=network['id'],
            security_groups=groups,
            device_owner='compute:nova',
            device_id=str(uuid.uuid4()),
            **{'binding:host_id': HOST},
        )
        for groups in ([group['id']], [default['id'], remote['id']])
    ]
    user.put(
        f'/ports/{ports[0]["id"]}/tags', {'tags': ['kept']}
    ).raise_for_status()
    agent_port = operator.create(
        'port',
        network_id=network['id'],
        device_owner='network:dhcp',
        device_id=f'dhcp{uuid.uuid4()}-{network["id"]}',
        **{'binding:host_id': HOST},
    )
    return Own(
        cloud, project, user, network, subnet, group, remote, ports, agent_port
    )


@pytest.fixture
def own(cloud: clouds.Cloud, fresh_project: str) -> Own:
    """A network of RegionOne's own, in use."""
    return make_own(cloud, fresh_project)


def adopt(own: Own, said: io.StringIO | None = None) -> tuple[int, str, str]:
    """Run the command; return its end, its table, and what it said.

    :param said: to have it say that to
    """
    app = commands.make_app(own.cloud)
    shown = said or io.StringIO()

    class Command(network_commands.AdoptNetwork):
        progress = shown

    status = commands.run(
        app, Command, '--region', 'RegionOne', own.network['id']
    )
    return status, app.stdout.getvalue(), shown.getvalue()


def begin(own: Own) -> None:
    """Have it adopted, without waiting."""
    app = commands.make_app(own.cloud)
    app.client_manager.multiregion_networking.adopt(
        'RegionOne', own.network['id']
    )


def state(own: Own) -> tuple[str, str | None]:
    """Return how far it is, and why not further."""
    app = commands.make_app(own.cloud)
    found = app.client_manager.multiregion_networking.adoption(
        own.network['id']
    )
    assert found is not None
    return found['state'], found['reason']


def await_state(own: Own, wanted: str) -> str | None:
    """Wait until it is so far; return the reason."""

    def look() -> str | None:
        found, reason = state(own)
        assert found == wanted, reason
        return reason

    return eventually(look, 60)


def in_sync(own: Own) -> None:
    """Assert that the region has confirmed all of it."""
    for kind, some in (
        ('network', [own.network]),
        ('port', own.ports),
        ('security-group', [own.group, own.remote]),
    ):
        for one in some:
            (row,) = own.cloud.central.database.query(
                'SELECT pending, applied, counter, reason FROM journal'
                ' WHERE resource_id = %s AND resource_type = %s'
                " AND region_name = 'RegionOne'",
                one['id'],
                kind,
            )
            assert not row['pending'], (kind, row['reason'])
            assert row['applied'] == row['counter']


def test_a_network_in_use_becomes_centrals_and_nothing_of_it_changes(
    own: Own,
) -> None:
    cloud, network_id = own.cloud, own.network['id']
    before = own.rows()

    status, table, said = adopt(own)

    assert (status, table.strip()) == (0, ''), (table, said)
    assert "it is central's" in said
    assert own.of_central() == own.ids()
    # XJob looks after it when the grace is over.
    eventually(lambda: in_sync(own), 60)
    assert own.rows() == before
    assert own.marked() == {*own.ids(), own.agent_port['id']}
    # What the region has to say of the ports arrives.
    central = cloud.central.client(own.project, roles=clouds.ADMIN)

    def reported() -> None:
        for port in own.ports:
            shown = central.show('port', port['id'])
            assert shown['binding:host_id'] == HOST
            for key in ('device_id', 'mac_address', 'fixed_ips', 'status'):
                assert shown[key] == port[key]

    eventually(reported, 20)
    assert central.show('port', own.ports[0]['id'])['tags'] == ['kept']

    # It is a network of central's as any other.
    there = cloud.two.nova(own.project).boot(network_id=network_id)
    await_shadow(cloud.one, network_id, there.port['id'])
    await_shadow(cloud.two, network_id, own.ports[0]['id'])
    addresses = {
        one['ip_address']
        for port in (*own.ports, own.agent_port)
        for one in port['fixed_ips']
    }
    (address,) = (one['ip_address'] for one in there.port['fixed_ips'])
    assert address not in {*addresses, own.subnet['gateway_ip']}
    _status, found = sweeps.sweep_once(cloud)
    assert not {one for one in own.ids() if one in found}, found


@pytest.mark.thorough
def test_what_was_adopted_goes_as_anything_of_centrals(own: Own) -> None:
    cloud = own.cloud
    assert adopt(own)[0] == 0
    with pytest.raises(Exception, match="central's already"):
        adopt(own)
    # Members leave ports of instances to Nova.
    central = cloud.central.client(own.project, roles=clouds.ADMIN)

    for port in own.ports:
        central.remove('port', port['id'])
    central.remove('network', own.network['id'])
    for group in (own.group, own.remote):
        central.remove('security_group', group['id'])

    def gone() -> None:
        admin = cloud.one.admin
        assert not admin.list('port', network_id=own.network['id'])
        assert not admin.list('network', id=own.network['id'])
        assert not admin.list('security_group', id=own.group['id'])

    eventually(gone, 60)


@pytest.mark.thorough
def test_what_is_in_the_way_is_shown_and_nothing_is_begun(own: Own) -> None:
    admin = own.cloud.central.client(own.project, roles=clouds.ADMIN)
    admin.put(
        f'/quotas/{own.project}', {'quota': {'network': 0}}
    ).raise_for_status()
    before = own.rows()

    status, table, said = adopt(own)

    assert status == 1
    assert 'of network' in table
    assert said == ''
    assert own.rows() == before
    assert own.marked() == set()
    # Whoever asks the API alone is refused as well.
    begin(own)
    assert 'network' in str(await_state(own, 'refused'))
    assert own.rows() == before
    assert own.marked() | own.of_central() == set()
    admin.delete(f'/quotas/{own.project}').raise_for_status()
    assert adopt(own)[0] == 0


def adoption_path(own: Own) -> str:
    return f'replicas/adoption/{own.network["id"]}'


@pytest.mark.thorough
def test_a_port_that_appears_meanwhile_comes_along(own: Own) -> None:
    held = own.cloud.one.from_xjob.hold(method='PUT', path=adoption_path(own))
    begin(own)
    held.wait(1)
    new = own.user.create('port', network_id=own.network['id'])
    held.cancel()
    held.release()

    await_state(own, 'done')

    own.ports.append(new)
    assert own.of_central() == own.ids()
    assert own.marked() == {*own.ids(), own.agent_port['id']}


@pytest.mark.thorough
def test_whatever_is_made_meanwhile_is_of_one_side_or_refused(
    own: Own,
) -> None:
    """Property: the region's ports are central's, all of them, afterwards."""
    cloud, network_id = own.cloud, own.network['id']
    made: list[Json] = []
    refused: list[int] = []

    def make_some() -> None:
        user = cloud.one.client(own.project)
        for _ in range(12):
            answer = user.post('/ports', {'port': {'network_id': network_id}})
            if answer.status_code == 201:
                made.append(answer.json()['port'])
            else:
                refused.append(answer.status_code)

    def do_adopt() -> None:
        begin(own)
        while (found := state(own))[0] != 'done':
            if found[0] == 'refused':
                # It went on changing.
                begin(own)
            time.sleep(0.05)

    regions.all_at_once([make_some, make_some, do_adopt])

    def one_side() -> None:
        here = regions.ports_of(cloud.one.admin, network_id)
        assert {one['id'] for one in (*made, *own.ports)} == set(here)
        # The default group has an ID of the region's own there.
        there = regions.ports_of(cloud.central.admin, network_id)
        assert {key: regions.addresses(one) for key, one in here.items()} == {
            key: regions.addresses(one) for key, one in there.items()
        }
        assert set(here) <= {
            one['resource_id']
            for one in regions.ledger(cloud.one, resource_type='port')
        }

    eventually(one_side, 30)
    # As while central is away, or as what had just become central's.
    assert set(refused) <= {404, 409, 503}


@pytest.mark.thorough
def test_a_region_that_is_away_is_waited_for_and_says_so(own: Own) -> None:
    before = own.rows()
    with own.cloud.one.from_xjob.away():
        begin(own)

        def says_why() -> None:
            found, reason = state(own)
            assert found == 'looking'
            assert 'does not answer' in str(reason)

        eventually(says_why, 30)

    await_state(own, 'done')
    # XJob looks after it when the grace is over.
    eventually(lambda: in_sync(own), 60)
    assert own.rows() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('who', 'point'),
    [
        ('RegionOne', 'local.adoption.marked'),
        ('RegionOne', 'local.adoption.taken'),
        ('central', 'central.adoption.network'),
        ('central', 'central.adoption.made'),
        ('xjob', 'xjob.adoption.step'),
        ('xjob', 'xjob.adoption.taken_over'),
    ],
)
def test_a_death_in_the_middle_is_gone_on_from(
    own: Own, who: str, point: str
) -> None:
    before = own.rows()
    with kills.killed_at(kills.victim(own.cloud, who), point):
        begin(own)

    await_state(own, 'done')

    assert own.of_central() == own.ids()
    # XJob looks after it when the grace is over.
    eventually(lambda: in_sync(own), 60)
    assert own.rows() == before


@pytest.mark.thorough
def test_the_command_goes_on_with_what_was_begun(own: Own) -> None:
    xjob, said = own.cloud.xjob, io.StringIO()
    xjob.arm('xjob.adoption.taken_over')
    begin(own)
    xjob.wait_death()
    # The region says by now that it is central's.
    assert own.network['id'] in own.marked()

    def waits() -> None:
        assert "the region makes it central's" in said.getvalue()

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        ended = threads.submit(adopt, own, said)
        try:
            eventually(waits, 30)
        finally:
            xjob.start()
        assert ended.result(60)[:1] == (0,)


@pytest.mark.thorough
def test_what_central_cannot_have_any_more_stays_the_regions(
    own: Own,
) -> None:
    before = own.rows()
    # Central makes nothing while it is down, and the region has given it.
    with kills.killed_at(own.cloud.xjob, 'xjob.adoption.taken_over'):
        begin(own)
    assert own.marked() == {*own.ids(), own.agent_port['id']}
    admin = own.cloud.central.client(own.project, roles=clouds.ADMIN)
    admin.put(
        f'/quotas/{own.project}', {'quota': {'network': 0}}
    ).raise_for_status()

    assert 'network' in str(await_state(own, 'refused'))

    assert own.rows() == before
    assert own.marked() | own.of_central() == set()
    own.user.update('port', own.ports[0]['id'], name='mine')


@pytest.mark.thorough
def test_a_member_adopts_nothing(own: Own) -> None:
    api = own.cloud.admin_api
    assert api is not None
    body = {
        'adoption': {
            'region_name': 'RegionOne',
            'network_id': own.network['id'],
        }
    }
    for roles in (('member', 'reader'), ('reader',)):
        answer = api.request('POST', '/adoptions', json=body, roles=roles)
        assert answer.status_code == 403
    assert own.marked() == set()
