# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a region asks central for, and what it shows of what it is told."""

from collections.abc import Callable, Iterator
import dataclasses
from typing import Any
from unittest import mock

import pytest

from tests.functional import cloud as clouds
from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.process import region as region_process
from tricircle.replica import messages
from tricircle.replica.document import Document

PROJECT = documents.PROJECT


@dataclasses.dataclass
class Central:
    """Central as a region knows it: what it gives, shows, and was asked."""

    given: dict[str, Document] = dataclasses.field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    errors: dict[str, list[Exception]] = dataclasses.field(
        default_factory=dict
    )
    asked: list[tuple[Any, ...]] = dataclasses.field(default_factory=list)

    def has(self, *given: Document) -> None:
        """Give these to whoever asks."""
        self.given.update((one.id, one) for one in given)

    def fails(self, id_: str, *errors: Exception, use: bool = False) -> None:
        """Answer so, in this order, before anything else.

        :param use: to who is about to use it; else to who looks
        """
        self.errors[f'{id_} {messages.USE}' if use else id_] = list(errors)

    def _fail(self, key: str) -> None:
        if self.errors.get(key):
            raise self.errors[key].pop(0)

    @staticmethod
    def _answer(found: dict[str, Any], id_: str) -> Any:
        if id_ not in found:
            raise central_errors.CentralError(404, 'NotFound', f'no {id_}')
        return found[id_]

    def pull(
        self, kind: str, id_: str, region: str, body: Any, **_options: Any
    ) -> Document:
        self.asked.append(('pull', kind, id_, body.get('purpose')))
        assert region == 'RegionOne'
        is_use = body.get('purpose') == messages.USE
        self._fail(f'{id_} {messages.USE}' if is_use else id_)
        document: Document = self._answer(self.given, id_)
        return document

    def networks_of_subnets(
        self, ids: list[str], **_options: Any
    ) -> dict[str, str]:
        self.asked.append(('subnets', *ids))
        for one in ids:
            self._fail(one)
        return {
            subnet['id']: one.id
            for one in self.given.values()
            for subnet in one.body.get('subnets', ())
            if subnet['id'] in ids
        }

    def show_port(self, _caller: Any, id_: str, **_options: Any) -> Any:
        self.asked.append(('show', id_))
        return dict(self._answer(self.shown, id_))

    def update_port(
        self, _caller: Any, id_: str, changes: Any, **options: Any
    ) -> Any:
        self.asked.append(('update', id_, dict(changes), options['revision']))
        self.shown[id_] = {**self._answer(self.shown, id_), **changes}
        return self.shown[id_]

    def delete_port(self, _caller: Any, id_: str, **options: Any) -> None:
        self.asked.append(('delete', id_, options['revision']))
        self._answer(self.shown, id_)
        del self.shown[id_]


@pytest.fixture
def there() -> Iterator[Central]:
    """Central, in a region whose process serves the API."""
    found = Central()
    names = (
        'pull',
        'networks_of_subnets',
        'show_port',
        'update_port',
        'delete_port',
    )

    def asks(name: str) -> Callable[..., Any]:
        def ask(_client: Any, *arguments: Any, **options: Any) -> Any:
            return getattr(found, name)(*arguments, **options)

        return ask

    with (
        mock.patch.multiple(
            central.CentralClient, **{name: asks(name) for name in names}
        ),
        mock.patch.object(region_process, 'is_api_worker', lambda: True),
    ):
        yield found


@pytest.fixture
def user(region: regions.Region) -> regions.Client:
    """A member of the project of the documents."""
    return region.client(PROJECT)


def elsewhere(port_id: str) -> central_errors.CentralError:
    """Return what central says of a port that another region has."""
    return central_errors.CentralError(
        409, 'PortElsewhere', f'{port_id} is in RegionTwo'
    )


def silent() -> central_errors.CentralUnreachable:
    """Return what it is when central says nothing."""
    return central_errors.CentralUnreachable('http://central', 'away', False)


def port_on(there: Central) -> tuple[Document, Document, Document]:
    """Return a network, a group and a port that central gives."""
    network, group = documents.network(), documents.group()
    port = documents.port(network, group)
    there.has(network, group, port)
    return network, group, port


def port_that_can_come(there: Central, user: regions.Client) -> Document:
    """Return a port whose network and group the region has."""
    network, group, port = port_on(there)
    user.show('network', network.id)
    user.show('security_group', group.id)
    return port


def as_shown(port: Document, **changes: Any) -> dict[str, Any]:
    """Return a port as central shows it, with what only central has."""
    return {
        **port.body['port'],
        'status': 'ACTIVE',
        'device_id': '',
        'device_owner': '',
        'revision_number': 7,
        'tricircle:region': 'RegionTwo',
        **changes,
    }


def refused(call: Callable[[], Any]) -> clouds.ApiError:
    with pytest.raises(clouds.ApiError) as error:
        call()
    return error.value


def test_a_network_is_asked_for_once_and_shown(
    there: Central, user: regions.Client
) -> None:
    network = documents.network(name='wide')
    there.has(network)

    for _again in range(2):
        assert user.show('network', network.id)['name'] == 'wide'

    assert there.asked == [('pull', 'network', network.id, messages.LOOK)]


def test_a_list_by_id_brings_what_central_has_and_leaves_out_the_rest(
    there: Central, user: regions.Client
) -> None:
    here, strange = documents.network(), documents.new_id()
    there.has(here)

    found = user.list('network', id=[here.id, strange])

    assert [one['id'] for one in found] == [here.id]
    assert {one[2] for one in there.asked} == {here.id, strange}


def test_a_plain_list_asks_nobody(
    there: Central, user: regions.Client
) -> None:
    there.has(documents.network())

    user.list('network')
    user.list('port')

    assert there.asked == []


def test_what_is_no_id_is_not_asked_for(
    there: Central, user: regions.Client
) -> None:
    assert refused(lambda: user.show('network', 'name')).status == 404
    assert there.asked == []


def test_what_central_has_not_is_not_found_with_its_words(
    there: Central, user: regions.Client
) -> None:
    strange = documents.new_id()

    error = refused(lambda: user.show('network', strange))

    assert (error.status, error.message) == (404, f'no {strange}')


@pytest.mark.parametrize(
    ('answer', 'text'),
    [
        (silent(), 'away'),
        (central_errors.CentralError(401, '', 'who'), 'credentials'),
        (central_errors.CentralError(403, 'Forbidden', 'no'), 'credentials'),
        (central_errors.CentralError(502, 'Oops', ''), 'answered 502 Oops'),
    ],
)
def test_without_an_answer_of_central_it_is_unavailable(
    there: Central, user: regions.Client, answer: Exception, text: str
) -> None:
    strange = documents.new_id()
    for ask in (
        lambda: user.show('network', strange),
        lambda: user.list('network', id=[strange]),
        lambda: user.list('subnet', id=[strange]),
    ):
        there.fails(strange, answer)
        error = refused(ask)
        assert (error.status, error.type) == (503, 'CentralUnavailable')
        assert text in error.message


def test_a_subnet_comes_with_its_network(
    there: Central, user: regions.Client
) -> None:
    for look in (
        lambda id_: user.show('subnet', id_),
        lambda id_: user.list('subnet', id=[id_])[0],
    ):
        network = documents.network()
        there.has(network)
        subnet_id = network.body['subnets'][0]['id']

        assert look(subnet_id)['network_id'] == network.id
        assert user.show('network', network.id)['subnets'] == [subnet_id]


def test_a_subnet_that_its_network_got_since_comes_too(
    there: Central, user: regions.Client
) -> None:
    network = documents.network()
    there.has(network)
    user.show('network', network.id)
    (first,) = network.body['subnets']
    second = {
        **first,
        'id': documents.new_id(),
        'cidr': '10.9.0.0/24',
        'gateway_ip': '10.9.0.1',
        'allocation_pools': [{'start': '10.9.0.2', 'end': '10.9.0.254'}],
    }
    there.has(
        documents.later(network, {**network.body, 'subnets': [first, second]})
    )

    assert user.show('subnet', second['id'])['cidr'] == '10.9.0.0/24'


def test_a_subnet_that_central_has_not_is_not_found(
    there: Central, user: regions.Client
) -> None:
    error = refused(lambda: user.show('subnet', documents.new_id()))

    assert (error.status, error.type) == (404, 'SubnetNotFound')


def test_a_group_is_found_by_its_id(
    there: Central, user: regions.Client
) -> None:
    one, other = documents.group(name='web'), documents.group(name='db')
    there.has(one, other)

    assert user.show('security_group', one.id)['name'] == 'web'
    (found,) = user.list('security_group', id=[other.id])
    assert found['name'] == 'db'


def test_a_look_at_a_port_brings_it_and_says_so(
    there: Central, user: regions.Client
) -> None:
    port = port_that_can_come(there, user)

    assert user.show('port', port.id)['name'] == 'port'

    assert ('pull', 'port', port.id, messages.LOOK) in there.asked


def test_a_port_of_another_region_is_shown_as_central_shows_it(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)

    there.fails(port.id, elsewhere(port.id))
    shown = user.show('port', port.id)
    there.fails(port.id, elsewhere(port.id))
    (listed,) = user.list('port', id=[port.id])
    there.fails(port.id, elsewhere(port.id))
    filtered = user.list('port', id=[port.id], name='another')

    assert shown['revision_number'] == listed['revision_number'] == 7
    # An attribute of central's own API, which this one does not have.
    assert 'tricircle:region' not in shown
    assert filtered == []


def test_a_port_that_central_stops_showing_is_in_no_list(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.fails(port.id, elsewhere(port.id))

    assert user.list('port', id=[port.id]) == []
    there.fails(port.id, elsewhere(port.id))
    assert refused(lambda: user.show('port', port.id)).status == 404


def test_a_port_of_another_region_is_changed_in_central(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)
    group_id = documents.new_id()

    there.fails(port.id, elsewhere(port.id))
    named = user.update('port', port.id, name='new')
    there.fails(port.id, elsewhere(port.id))
    user.update('port', port.id, security_groups=[group_id])

    assert named['name'] == 'new'
    assert [one for one in there.asked if one[0] == 'update'] == [
        ('update', port.id, {'name': 'new'}, None),
        ('update', port.id, {'security_groups': [group_id]}, None),
    ]


@pytest.mark.parametrize(
    ('answer', 'status', 'type_'),
    [
        (central_errors.CentralError(412, 'Changed', 'it is 9'), 412, ''),
        (
            central_errors.CentralError(409, 'MacAddressInUse', 'taken'),
            409,
            'MacAddressInUse',
        ),
        (silent(), 503, 'CentralUnavailable'),
    ],
)
def test_what_central_refuses_is_refused_here(
    there: Central,
    user: regions.Client,
    answer: Exception,
    status: int,
    type_: str,
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))
    user.show('port', port.id)

    def change() -> Any:
        # The pull, the look, and then the change itself.
        with mock.patch.object(
            central.CentralClient, 'update_port', side_effect=answer
        ):
            there.fails(port.id, elsewhere(port.id))
            return user.update('port', port.id, name='new')

    error = refused(change)

    assert error.status == status
    if type_:
        assert error.type == type_


def test_what_is_only_changed_where_the_port_is_is_refused(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))

    error = refused(lambda: user.update('port', port.id, device_owner='mine'))

    assert (error.status, error.type) == (409, 'PortInUse')
    assert 'device_owner' in error.message


def test_a_port_of_another_region_is_deleted_in_central(
    there: Central, user: regions.Client
) -> None:
    port = port_that_can_come(there, user)
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, *[elsewhere(port.id)] * 3)

    answer = user.delete(f'/ports/{port.id}')
    assert answer.status_code == 204, answer.text

    assert ('delete', port.id, None) in there.asked
    assert there.shown == {}


def test_one_that_an_instance_uses_there_is_not_deleted_from_here(
    there: Central, user: regions.Client
) -> None:
    port = port_that_can_come(there, user)
    there.shown[port.id] = as_shown(port, device_id='instance')
    there.fails(port.id, *[elsewhere(port.id)] * 3)

    answer = user.delete(f'/ports/{port.id}')

    assert answer.status_code == 409
    assert 'instance' in answer.text
    assert port.id in there.shown


def test_a_deletion_brings_nothing(
    there: Central, user: regions.Client
) -> None:
    network = documents.network()
    there.has(network)

    assert user.delete(f'/networks/{network.id}').status_code == 404
    assert there.asked == []


def test_a_port_comes_to_be_used_when_it_is_bound(
    there: Central, region: regions.Region
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))
    being_released = central_errors.CentralError(
        409, messages.PORT_BEING_RELEASED, 'it is on its way'
    )
    there.fails(port.id, being_released, being_released, use=True)

    bound = region.admin.update(
        'port',
        port.id,
        **{'binding:host_id': regions.HOST, 'device_owner': 'compute:nova'},
    )

    assert bound['binding:host_id'] == regions.HOST
    uses = [one for one in there.asked if one[-1] == messages.USE]
    assert len(uses) == 3


def test_one_that_is_never_released_is_in_use(
    there: Central, region: regions.Region
) -> None:
    _network, _group, port = port_on(there)
    being_released = central_errors.CentralError(
        409, messages.PORT_BEING_RELEASED, 'it is on its way'
    )
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))
    there.fails(port.id, *[being_released] * 99, use=True)

    with mock.patch(
        'tricircle.local.asking.request.time_left', lambda _total: 0.0
    ):
        error = refused(
            lambda: region.admin.update(
                'port', port.id, **{'binding:host_id': regions.HOST}
            )
        )

    assert (error.status, error.type) == (409, 'PortInUse')


def test_what_the_caller_saw_is_what_it_must_be_when_it_is_used(
    there: Central, region: regions.Region
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    there.shown[port.id] = as_shown(port)

    def bind(revision: int) -> Any:
        there.fails(port.id, elsewhere(port.id))
        return region.admin.request(
            'PUT',
            f'/ports/{port.id}',
            {'port': {'binding:host_id': regions.HOST}},
            headers={'If-Match': f'revision_number={revision}'},
        )

    assert bind(6).status_code == 412
    assert ('pull', 'port', port.id, messages.USE) not in there.asked
    assert bind(7).status_code == 200


def test_a_change_in_central_is_made_to_the_revision_that_was_seen(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))

    answer = user.request(
        'PUT',
        f'/ports/{port.id}',
        {'port': {'name': 'new'}},
        headers={'If-Match': 'revision_number=7'},
    )

    assert answer.status_code == 200, answer.text
    assert ('update', port.id, {'name': 'new'}, 7) in there.asked
