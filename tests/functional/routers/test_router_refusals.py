# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kinds of routers that are for one region only."""

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.routers.routed import Piece
from tests.functional.routers.routed import Routed

WAIT = 60


def of_one_region(cloud: clouds.Cloud, project: str, **kind: bool) -> Routed:
    """Make a router of a kind that only admins may ask for."""
    made = Routed(
        cloud,
        project,
        cloud.central.admin.create_router(
            project_id=project, availability_zone_hints=['RegionOne'], **kind
        ),
    )
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.attach('net1')
    return made


def on_its_network(made: Routed) -> tuple[Piece, list[str], Json]:
    """Return the piece of such a router, when it is as it should be.

    :returns: the piece, what it goes without in the region, and the router
        as the region's Neutron shows it
    """
    piece = made.regular('RegionOne')
    assert piece.interfaces == {made.networks['net1']['id']: ('10.0.1.1',)}
    admin = made.cloud.central.admin
    states = admin.get(f'/routers/{made.router["id"]}/replicas').json()
    (state,) = states['replicas']
    assert state['status'] == 'IN_SYNC'
    shown = made.cloud.one.admin.show('router', made.router['id'])
    return piece, state['omitted'], shown


@pytest.mark.parametrize('kind', ['distributed', 'ha'])
def test_such_a_router_does_not_come_to_reach_several(
    cloud: clouds.Cloud, fresh_project: str, kind: str
) -> None:
    admin = cloud.central.admin
    made = Routed(
        cloud,
        fresh_project,
        admin.create_router(
            project_id=fresh_project, admin_state_up=False, **{kind: True}
        ),
    )
    made.add_network('net1', '10.0.1.0/24')

    with pytest.raises(clouds.ApiError) as refused:
        made.attach('net1')

    assert refused.value.status == 400
    assert refused.value.type == 'RouterKindAcrossRegions'
    assert f'its {kind} to false' in refused.value.message
    # And the other way round.
    admin.update('router', made.router['id'], **{kind: False})
    made.attach('net1')
    with pytest.raises(clouds.ApiError) as refused:
        admin.update('router', made.router['id'], **{kind: True})
    assert refused.value.type == 'RouterKindAcrossRegions'
    made.delete()


def test_a_highly_available_router_of_one_region_is_one_there(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = of_one_region(cloud, fresh_project, ha=True)
    made.add_external('RegionOne')
    made.set_gateway()

    def there(ha: bool) -> None:
        piece, omitted, shown = on_its_network(made)
        assert piece.gateway is not None
        assert omitted == []
        assert (shown['ha'], shown['admin_state_up']) == (ha, True)

    eventually(lambda: there(True), WAIT)
    admin = cloud.central.admin
    admin.update('router', made.router['id'], admin_state_up=False)
    admin.update('router', made.router['id'], ha=False)
    admin.update('router', made.router['id'], admin_state_up=True)
    eventually(lambda: there(False), WAIT)
    made.clear_gateway()
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
