# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Ports that another region has: seen, changed, deleted and used."""

from typing import Any
from unittest import mock

import pytest

from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import as_shown
from tests.unit.one_region.asked_central import Central
from tests.unit.one_region.asked_central import elsewhere
from tests.unit.one_region.asked_central import port_on
from tests.unit.one_region.asked_central import port_that_can_come
from tests.unit.one_region.asked_central import PROJECT
from tests.unit.one_region.asked_central import refused
from tests.unit.one_region.asked_central import silent
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.port import update as port_update
from tricircle.replica import messages


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
            central.CentralClient,
            'update',
            autospec=True,
            side_effect=answer,
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


def test_one_is_deleted_in_central_also_when_its_network_is_not_here(
    there: Central, user: regions.Client
) -> None:
    _network, _group, port = port_on(there)
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, *[elsewhere(port.id)] * 3)

    answer = user.delete(f'/ports/{port.id}')

    assert answer.status_code == 204, answer.text
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


@pytest.mark.parametrize('hears', [True, False])
def test_central_hears_that_a_port_is_free_before_the_user_goes_on(
    there: Central, region: regions.Region, hears: bool
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    device = {
        'device_id': documents.new_id(),
        'device_owner': 'compute:nova',
        'binding:host_id': regions.HOST,
    }
    region.admin.update('port', port.id, **device)
    assert there.reports == []
    if not hears:
        there.fails(port.id, silent())

    freed = region.admin.update('port', port.id, **dict.fromkeys(device, ''))

    assert freed['device_id'] == ''
    assert there.reports == [(port.id, '', '')]


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


def test_one_that_is_given_up_while_it_is_bound_is_in_use_elsewhere(
    there: Central, region: regions.Region
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    region.admin.show('port', port.id)
    in_use = central_errors.CentralError(409, 'PortInUse', 'RegionTwo uses it')
    there.fails(port.id, in_use, use=True)
    settle = port_update.PortUpdates.settle

    def given_up(*arguments: Any) -> Any:
        with mock.patch.object(port_update.PortUpdates, 'settle', settle):
            region.service.delete(
                f'/replicas/port/{port.id}?epoch=1&counter=9999&release=true'
            )
        there.shown[port.id] = as_shown(port)
        there.fails(port.id, *[elsewhere(port.id)] * 9)
        return settle(*arguments)

    with mock.patch.object(port_update.PortUpdates, 'settle', given_up):
        error = refused(
            lambda: region.admin.update(
                'port', port.id, **{'binding:host_id': 'host'}
            )
        )

    assert (error.status, error.type) == (409, 'PortInUse')
