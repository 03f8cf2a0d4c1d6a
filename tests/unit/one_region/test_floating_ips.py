# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Floating IPs of central's, in a region where their owner looks."""

import dataclasses
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional.routers import router_pieces
from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import Central
from tests.unit.one_region.asked_central import port_that_can_come
from tests.unit.one_region.asked_central import PROJECT
from tests.unit.one_region.asked_central import refused
from tests.unit.one_region.asked_central import silent
from tricircle.client import central_errors
from tricircle.local.engine import ledger


def in_central(there: Central, **changes: Any) -> dict[str, Any]:
    """Have a floating IP in central that no region has met; return it."""
    made = {
        'id': documents.new_id(),
        'project_id': PROJECT,
        'tenant_id': PROJECT,
        'floating_network_id': documents.new_id(),
        'floating_ip_address': '203.0.113.7',
        'fixed_ip_address': None,
        'port_id': None,
        'router_id': None,
        'status': 'DOWN',
        'description': '',
        'revision_number': 3,
        'tricircle:only': 'central has it',
        **changes,
    }
    there.shown[made['id']] = made
    return made


def own(region: regions.Region, user: regions.Client) -> dict[str, Any]:
    """Make a floating IP of the region's own; return it."""
    network = region.admin.create_network(**{'router:external': True})
    region.admin.create_subnet(network['id'], cidr='198.51.100.0/28')
    return dict(user.create('floatingip', floating_network_id=network['id']))


@dataclasses.dataclass
class Here:
    """One that a router of central's has here, by both its IDs."""

    central_id: str
    local_id: str


@pytest.fixture
def here(region: regions.Region, there: Central) -> Here:
    piece = router_pieces.local(region, PROJECT).piece
    piece.put()
    [row] = region.database.query(
        'SELECT resource_id, local_id FROM tricircle_replicas'
        ' WHERE resource_type = %s AND parent_id = %s',
        ledger.FLOATING_IP,
        piece.id,
    )
    return Here(str(row['resource_id']), str(row['local_id']))


def test_it_is_shown_as_central_shows_it(
    there: Central, user: regions.Client
) -> None:
    made = in_central(there)

    found = user.show('floatingip', made['id'])

    assert found['floating_ip_address'] == '203.0.113.7'
    assert 'tricircle:only' not in found
    assert there.asked == [('show', made['id'])]


@pytest.mark.parametrize(
    'filters', [{}, {'floating_ip_address': '203.0.113.7'}]
)
def test_a_list_has_those_of_central_beside_the_regions_own(
    there: Central,
    region: regions.Region,
    user: regions.Client,
    filters: dict[str, str],
) -> None:
    mine, made = own(region, user), in_central(there)

    found = {one['id'] for one in user.list('floatingip', **filters)}

    assert made['id'] in found
    assert (mine['id'] in found) == (not filters)


def test_what_a_router_has_here_is_in_a_list_once_by_centrals_id(
    there: Central, user: regions.Client, here: Here
) -> None:
    in_central(there, id=here.central_id)

    found = [one['id'] for one in user.list('floatingip')]

    assert found.count(here.central_id) == 1
    assert here.local_id not in found


def test_a_list_goes_page_by_page(
    there: Central, user: regions.Client
) -> None:
    made = sorted(in_central(there, status='mine')['id'] for _ in range(5))
    found: list[str] = []

    while True:
        page = user.list(
            'floatingip',
            status='mine',
            limit=2,
            sort_key='id',
            sort_dir='asc',
            **({'marker': found[-1]} if found else {}),
        )
        if not page:
            break
        assert len(page) <= 2
        found += [one['id'] for one in page]

    assert found == made


def test_services_that_look_by_port_ask_nobody(
    there: Central, user: regions.Client
) -> None:
    in_central(there)

    for filters in ({'port_id': documents.new_id()}, {'router_id': 'r'}):
        assert user.list('floatingip', **filters) == []

    assert there.asked == []


def test_a_plain_list_goes_on_while_central_is_away(
    there: Central, region: regions.Region, user: regions.Client
) -> None:
    mine = own(region, user)
    there.fails('floatingips', silent())

    assert mine['id'] in [one['id'] for one in user.list('floatingip')]


def test_one_that_is_asked_for_is_not_denied_while_central_is_away(
    there: Central, user: regions.Client
) -> None:
    there.fails('floatingips', silent())

    error = refused(
        lambda: user.list('floatingip', floating_ip_address='203.0.113.7')
    )

    assert (error.status, error.type) == (503, 'CentralUnavailable')


def test_what_nobody_has_is_not_found(
    there: Central, user: regions.Client
) -> None:
    there.shown.clear()

    for floating_ip_id in (documents.new_id(), '203.0.113.7'):
        error = refused(
            lambda one=floating_ip_id: user.show('floatingip', one)
        )
        assert error.status == 404

    # An address is no ID.
    assert len(there.asked) == 1


def test_one_is_made_in_central_on_a_network_of_central(
    there: Central, user: regions.Client
) -> None:
    network = documents.network(**{'router:external': True})
    there.has(network)

    made = user.create(
        'floatingip', floating_network_id=network.id, description='web'
    )

    [asked] = [one for one in there.asked if one[0] == 'create']
    assert asked[2] == {
        'floating_network_id': network.id,
        'project_id': PROJECT,
        'description': 'web',
    }
    assert made['id'] in there.shown


def test_one_is_changed_and_deleted_in_central_by_either_id(
    there: Central, user: regions.Client, here: Here
) -> None:
    in_central(there, id=here.central_id)
    port_id = port_that_can_come(there, user).id
    there.asked.clear()

    user.update('floatingip', here.local_id, port_id=port_id)
    user.update('floatingip', here.central_id, port_id=None)
    user.remove('floatingip', here.local_id)

    assert [one for one in there.asked if one[0] in ('update', 'delete')] == [
        ('update', here.central_id, {'port_id': port_id}, None),
        ('update', here.central_id, {'port_id': None}, None),
        ('delete', here.central_id, None),
    ]


def test_the_regions_own_stay_the_regions(
    there: Central, region: regions.Region, user: regions.Client
) -> None:
    mine = own(region, user)
    there.asked.clear()

    user.update('floatingip', mine['id'], description='new')
    user.remove('floatingip', mine['id'])

    assert there.asked == []


def test_what_central_refuses_is_refused_with_its_words(
    there: Central, user: regions.Client
) -> None:
    network = documents.network(**{'router:external': True})
    there.has(network)
    there.fails(
        'floatingips',
        central_errors.CentralError(409, 'OverQuota', 'no more'),
    )

    error: clouds.ApiError = refused(
        lambda: user.create('floatingip', floating_network_id=network.id)
    )

    assert (error.status, error.type) == (409, 'OverQuota')
    assert error.message == 'no more'
