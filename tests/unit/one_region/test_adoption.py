# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A network of the region's own becomes central's, all of it or nothing."""

import collections
import dataclasses
from typing import Any
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import engine

from tests.functional import cloud as clouds
from tests.functional import regions as region_reads
from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import Central
from tricircle.conf import durations
from tricircle.db.local.models import State
from tricircle.local.adoption import taking
from tricircle.plan.adoption import networks as adoption
from tricircle.plan.adoption import rows as adoption_rows

_REPLICAS = '/replicas/adoption'


@dataclasses.dataclass
class Own:
    """A network of the region's own, in use.

    :ivar client: of an operator in its project
    """

    region: regions.Region
    client: regions.Client
    network: Any
    subnet: Any
    group: Any
    remote: Any
    ports: list[Any]
    agent_port: Any

    def word(self) -> Any:
        """Return what the region says of it."""
        found = self.region.service.get(f'{_REPLICAS}/{self.network["id"]}')
        return found.json()['adoption']

    def ask(self, digest: str) -> Any:
        """Ask for it to be central's."""
        return self.region.service.put(
            f'{_REPLICAS}/{self.network["id"]}',
            {'adoption': {'digest': digest}},
        )

    def announce(self) -> None:
        """Announce that it is to be central's, long ago."""
        assert self.ask('none').status_code == 409
        self.region.database.execute(
            'UPDATE tricircle_replicas SET created_at = %s'
            " WHERE resource_type = 'adoption' AND resource_id = %s",
            '2020-01-01 00:00:00.000000',
            self.network['id'],
        )

    def take(self, digest: str) -> Any:
        """Have it be central's, announced before."""
        answer = self.ask(digest)
        if answer.status_code == 409 and 'AdoptionAnnounced' in answer.text:
            self.announce()
            answer = self.ask(digest)
        return answer

    def give_back(self) -> Any:
        """Have it be the region's own again."""
        return self.region.service.delete(f'{_REPLICAS}/{self.network["id"]}')

    def is_central(self) -> set[str]:
        """Return what of it the ledger has, by ID."""
        ids = {
            one['id']
            for one in (
                self.network,
                self.subnet,
                self.group,
                self.remote,
                *self.ports,
                self.agent_port,
            )
        }
        return ids & {
            one['resource_id']
            for one in self._ledger()
            if one['resource_type'] != 'adoption'
        }

    def _ledger(self) -> list[Any]:
        return region_reads.ledger(self.region)

    def rows(self) -> list[Any]:
        """Return revisions and bindings of all that is on it."""
        attributes = self.region.database.query(
            'SELECT id, revision_number FROM standardattributes ORDER BY id'
        )
        bindings = self.region.database.query(
            'SELECT * FROM ml2_port_bindings ORDER BY port_id'
        )
        return [attributes, bindings]


@pytest.fixture
def own(region: regions.Region, there: Central, fresh_project: str) -> Own:
    """A network with two ports of instances, a group and a DHCP port."""
    client = region.client(fresh_project, roles=clouds.ADMIN)
    network = client.create('network', name='old')
    subnet = client.create(
        'subnet', network_id=network['id'], cidr='10.9.0.0/24', ip_version=4
    )
    remote = client.create('security_group', name='callers')
    group = client.create('security_group', name='served')
    client.create(
        'security_group_rule',
        security_group_id=group['id'],
        direction='ingress',
        protocol='tcp',
        remote_group_id=remote['id'],
    )
    ports = [
        client.create(
            'port',
            network_id=network['id'],
            security_groups=[group['id']],
            device_owner='compute:nova',
            device_id=str(uuid.uuid4()),
            **{'binding:host_id': regions.HOST},
        )
        for _ in range(2)
    ]
    agent_port = client.create(
        'port',
        network_id=network['id'],
        device_owner='network:dhcp',
        device_id=f'dhcp{uuid.uuid4()}-{network["id"]}',
        **{'binding:host_id': regions.HOST},
    )
    return Own(
        region, client, network, subnet, group, remote, ports, agent_port
    )


def test_the_region_says_all_that_is_on_a_network(own: Own) -> None:
    word = own.word()

    assert word['network']['id'] == own.network['id']
    assert not word['is_central']
    assert [one['id'] for one in word['subnets']] == [own.subnet['id']]
    assert {one['id'] for one in word['ports']} == {
        one['id'] for one in (*own.ports, own.agent_port)
    }
    # That of the ports, and the one that its rule names.
    assert {one['id'] for one in word['groups']} >= {
        own.group['id'],
        own.remote['id'],
    }
    assert word['digest'] == own.word()['digest']


def test_central_makes_of_what_the_region_says_what_is_there(
    own: Own,
) -> None:
    found = adoption.read(own.word())

    rows = adoption_rows.rows(found, {own.network['project_id']: 'default'})

    seen = adoption.Central(known={}, defaults={}, quotas={})
    assert adoption.conflicts(found, seen) == []
    assert rows.gateways == {own.subnet['id']: own.subnet['gateway_ip']}
    assert [one['id'] for one in rows.dhcp_ports] == [own.agent_port['id']]
    for made in rows.ports:
        (port,) = (one for one in own.ports if one['id'] == made['id'])
        for key, value in made.items():
            assert value == port[key]
    assert {one['id'] for one in rows.groups} == {
        own.group['id'],
        own.remote['id'],
    }


def test_of_each_port_is_noted_what_is_here(own: Own) -> None:
    own.take(own.word()['digest']).raise_for_status()

    for port in own.ports:
        (row,) = region_reads.ledger(
            own.region, resource_type='port', resource_id=port['id']
        )
        found = own.region.service.get(f'/replicas/port/{port["id"]}')
        assert row['digest'] == found.json()['replica']['digest']
        assert row['digest']


def test_the_statements_for_a_port_more_are_few(own: Own) -> None:
    """A network of a thousand is not to be held up for long."""
    for _ in range(20):
        own.client.create('port', network_id=own.network['id'])
    digest = own.word()['digest']
    own.announce()
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        seen.append(statement)

    sa.event.listen(engine.Engine, 'before_cursor_execute', note)
    try:
        own.ask(digest).raise_for_status()
    finally:
        sa.event.remove(engine.Engine, 'before_cursor_execute', note)

    # What does not depend on their number is about 120.
    assert len(seen) < 140 + 20 * 2, collections.Counter(seen).most_common(4)


def test_all_of_it_is_taken_over_and_no_row_of_it_changes(own: Own) -> None:
    before = own.rows()

    answer = own.take(own.word()['digest'])

    assert answer.status_code == 200
    assert own.rows() == before
    assert own.is_central() == {
        one['id']
        for one in (
            own.network,
            own.subnet,
            own.group,
            own.remote,
            *own.ports,
            own.agent_port,
        )
    }
    assert own.word()['is_central']


def test_central_hears_of_each_port_when_it_asks_again(own: Own) -> None:
    digest = own.word()['digest']
    own.take(digest)
    assert not region_reads.outbox(own.region)
    # What nobody is in the way of, central being not told of it yet.
    own.client.update(
        'port', own.ports[0]['id'], device_id='', device_owner=''
    )
    own.client.remove('port', own.ports[0]['id'])

    own.take(digest)

    assert {one['id'] for one in own.ports} == {
        one['resource_id'] for one in region_reads.outbox(own.region)
    }


def test_what_is_given_back_is_as_it_was(own: Own) -> None:
    before, word = own.rows(), own.word()
    own.take(word['digest'])

    for _ in range(2):
        assert own.give_back().status_code == 204

    assert own.rows() == before
    assert own.is_central() == set()
    assert own.word() == word
    own.client.update('port', own.ports[0]['id'], name='mine')
    assert own.take(own.word()['digest']).status_code == 200


def test_what_central_has_sent_is_not_given_back(own: Own) -> None:
    own.take(own.word()['digest'])
    path = f'/replicas/network/{own.network["id"]}'
    body = own.region.service.get(path).json()['replica']['body']
    document = documents._document('network', own.network['id'], body)
    own.region.service.put(path, {'replica': document.to_dict()})

    answer = own.give_back()

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'AdoptionConfirmed'
    assert own.network['id'] in own.is_central()


def _refusal(answer: Any) -> Any:
    assert answer.status_code == 409, answer.text
    return answer.json()['NeutronError']['type']


def test_it_is_announced_for_a_while_before_it_is_taken_over(
    own: Own,
) -> None:
    digest = own.word()['digest']

    for _ in range(2):
        assert _refusal(own.ask(digest)) == 'AdoptionAnnounced'
        assert own.is_central() == set()
    own.announce()

    assert own.ask(digest).status_code == 200


@pytest.mark.parametrize('end', ['taken', 'given back'])
def test_an_announcement_ends_with_what_it_was_for(own: Own, end: str) -> None:
    own.announce()

    if end == 'taken':
        own.take(own.word()['digest'])
    else:
        own.give_back()

    assert 'adoption' not in {
        one['resource_type'] for one in region_reads.ledger(own.region)
    }


def test_a_network_that_is_none_is_not_announced(own: Own) -> None:
    path = f'{_REPLICAS}/{uuid.uuid4()}'

    answer = own.region.service.put(path, {'adoption': {'digest': 'none'}})

    assert answer.status_code == 404


def _make(own: Own, kind: str) -> Any:
    more = {'cidr': '10.8.0.0/24', 'ip_version': 4} if kind == 'subnet' else {}
    return own.client.post(
        f'/{kind}s', {kind: {'network_id': own.network['id'], **more}}
    )


@pytest.fixture
def was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transaction began before the network was taken over."""
    monkeypatch.setattr(taking, '_state_by_now', lambda *args: State.PRESENT)


@pytest.mark.usefixtures('was_taken')
@pytest.mark.parametrize('kind', ['port', 'subnet'])
def test_what_was_being_made_when_it_was_taken_over_is_refused(
    own: Own, kind: str
) -> None:
    own.announce()
    before = own.word()

    assert _refusal(_make(own, kind)) == 'NetworkTaken'

    assert own.word() == before


@pytest.mark.usefixtures('was_taken')
@pytest.mark.parametrize('kind', ['port', 'subnet'])
def test_who_knew_of_no_announcement_for_too_long_looks_again(
    own: Own, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, 'OWN_NETWORK_SURE', 0.0)

    assert _refusal(_make(own, kind)) == 'NetworkTaken'


@pytest.mark.usefixtures('was_taken')
@pytest.mark.parametrize('kind', ['port', 'subnet'])
def test_who_has_just_found_it_unannounced_looks_at_nothing_again(
    own: Own, kind: str
) -> None:
    # It would be refused otherwise.
    assert _make(own, kind).status_code == 201


def test_what_is_read_back_is_what_a_document_of_it_says(own: Own) -> None:
    own.take(own.word()['digest'])

    for kind, one in (
        ('network', own.network),
        ('port', own.ports[0]),
        ('security-group', own.group),
    ):
        replica = own.region.service.get(
            f'/replicas/{kind}/{one["id"]}'
        ).json()['replica']
        assert replica['digest'] == replica['applied_digest']


def test_a_document_of_what_is_there_changes_nothing(own: Own) -> None:
    own.take(own.word()['digest'])
    before = own.rows()

    for kind, one in (
        ('security-group', own.remote),
        ('security-group', own.group),
        ('network', own.network),
        ('port', own.ports[0]),
    ):
        path = f'/replicas/{kind}/{one["id"]}'
        body = own.region.service.get(path).json()['replica']['body']
        document = documents._document(kind, one['id'], body)
        answer = own.region.service.put(path, {'replica': document.to_dict()})
        assert answer.status_code == 200, answer.text

    assert own.rows() == before


@pytest.mark.parametrize('what', ['port', 'change', 'rule'])
def test_what_changed_since_central_looked_is_refused_as_a_whole(
    own: Own, what: str
) -> None:
    digest = own.word()['digest']
    if what == 'port':
        own.client.create('port', network_id=own.network['id'])
    elif what == 'change':
        own.client.update('port', own.ports[0]['id'], name='new')
    else:
        own.client.create(
            'security_group_rule',
            security_group_id=own.remote['id'],
            direction='ingress',
            protocol='udp',
        )

    answer = own.take(digest)

    assert answer.status_code == 409
    assert answer.json()['NeutronError']['type'] == 'AdoptionOutdated'
    assert own.is_central() == set()
    assert own.take(own.word()['digest']).status_code == 200


def test_to_ask_again_is_answered_alike(own: Own) -> None:
    digest = own.word()['digest']
    first = own.take(digest)
    rows = region_reads.ledger(own.region)

    again = own.take(digest)

    assert (again.status_code, again.json()) == (200, first.json())
    assert region_reads.ledger(own.region) == rows


@pytest.mark.parametrize(
    'point', ['local.adoption.marked', 'local.adoption.taken']
)
def test_a_death_leaves_all_or_nothing(own: Own, point: str) -> None:
    digest = own.word()['digest']
    own.region.arm(point)
    with pytest.raises(clouds.INTERRUPTED):
        own.take(digest)
    own.region.wait_death()
    own.region.start()

    assert len(own.is_central()) == (0 if point.endswith('marked') else 7)
    assert own.take(digest).status_code == 200
    assert len(own.is_central()) == 7


def test_what_the_ledger_knows_a_part_of_is_refused(
    own: Own, there: Central
) -> None:
    own.region.database.execute(
        'INSERT INTO tricircle_replicas (resource_type, resource_id, state,'
        " epoch, counter, created_at, updated_at) VALUES ('port', %s,"
        " 'deleted', 0, 0, '2020-01-01', '2020-01-01')",
        own.ports[0]['id'],
    )

    answer = own.take(own.word()['digest'])

    assert answer.status_code == 409
    assert own.ports[0]['id'] in answer.text
    assert own.network['id'] not in own.is_central()


def test_central_removes_what_was_taken_over(own: Own) -> None:
    own.take(own.word()['digest'])

    for kind, one in (
        ('port', own.ports[0]),
        ('port', own.ports[1]),
        ('network', own.network),
        ('security-group', own.group),
        ('security-group', own.remote),
    ):
        answer = own.region.service.delete(
            f'/replicas/{kind}/{one["id"]}?epoch=0&counter=1'
        )
        assert answer.status_code == 204, answer.text

    assert not own.region.admin.list('port', network_id=own.network['id'])
    assert not own.region.admin.list('network', id=own.network['id'])
    assert not own.region.admin.list('security_group', id=own.group['id'])


@pytest.mark.parametrize('by', ['admin', 'user'])
def test_nobody_but_central_has_it_taken_over(own: Own, by: str) -> None:
    path = f'{_REPLICAS}/{own.network["id"]}'
    digest = own.word()['digest']
    asking = (
        own.region.admin
        if by == 'admin'
        else own.region.client(own.network['project_id'])
    )

    answer = asking.put(path, {'adoption': {'digest': digest}})

    assert answer.status_code == 403
    assert asking.delete(path).status_code == 403
    assert own.is_central() == set()


@pytest.mark.parametrize(
    'body',
    [
        None,
        [],
        {'adoption': None},
        {'adoption': {}},
        {'adoption': {'digest': 1}},
        {'adoption': {'digest': '', 'default_security_group': 'x'}},
    ],
)
def test_what_cannot_be_read_is_refused(own: Own, body: Any) -> None:
    answer = own.region.service.put(f'{_REPLICAS}/{own.network["id"]}', body)

    assert answer.status_code == 400


@pytest.mark.parametrize('named', ['x', str(uuid.UUID(int=1))])
def test_what_the_region_has_not_is_not_found(
    region: regions.Region, there: Central, named: str
) -> None:
    path = f'{_REPLICAS}/{named}'
    body = {'adoption': {'digest': ''}}

    assert region.service.get(path).status_code == 404
    assert region.service.put(path, body).status_code == 404
