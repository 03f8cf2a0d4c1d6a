# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a region asks central for, and who hears what it is told."""

from collections.abc import Callable
from unittest import mock

from neutron.services.tag import tag_plugin
import pytest

from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import Central
from tests.unit.one_region.asked_central import port_that_can_come
from tests.unit.one_region.asked_central import refused
from tests.unit.one_region.asked_central import silent
from tricircle.client import central_errors
from tricircle.replica import messages
from tricircle.replica.document import Document


def test_a_network_is_asked_for_once_and_shown(
    there: Central, user: regions.Client
) -> None:
    network = documents.network(name='wide')
    there.has(network)

    for _again in range(2):
        assert user.show('network', network.id)['name'] == 'wide'

    assert there.asked == [('pull', 'network', network.id, messages.LOOK)]


@pytest.fixture
def not_whole(
    there: Central, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Document]:
    """Makes networks in central that this region cannot have all of."""
    monkeypatch.setattr(
        tag_plugin.TagPlugin, 'update_tags', mock.Mock(side_effect=KeyError)
    )

    def make() -> Document:
        network = documents.network(tags=['a'])
        there.has(network)
        return network

    return make


def test_a_look_is_answered_where_a_part_of_a_network_fails(
    not_whole: Callable[[], Document], user: regions.Client
) -> None:
    for look in (
        lambda id_: user.show('network', id_),
        lambda id_: user.list('network', id=[id_])[0],
    ):
        network = not_whole()

        assert look(network.id)['id'] == network.id


def test_a_list_of_ports_asks_nobody_where_their_network_is_not_whole(
    not_whole: Callable[[], Document],
    there: Central,
    user: regions.Client,
) -> None:
    network = not_whole()
    user.show('network', network.id)
    there.asked.clear()

    found = user.list('port', network_id=network.id)

    assert [one['network_id'] for one in found] == [network.id]
    assert there.asked == []


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
