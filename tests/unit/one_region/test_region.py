# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What becomes of a region in this process that dies."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.routers.router_documents import Piece
from tests.unit.one_region.region import Region
from tricircle.db.local.models import State


def test_who_dies_in_the_middle_gives_nothing_back(
    region: Region, fresh_project: str
) -> None:
    piece = Piece.empty(region, fresh_project)
    replica = {'replica': piece.document()}
    region.arm('local.router.created')

    with pytest.raises(clouds.INTERRUPTED):
        region.service.put(piece.path, replica)
    region.wait_death()
    with pytest.raises(clouds.INTERRUPTED):
        region.admin.list('router')

    region.start()
    [row] = regions.ledger(
        region, resource_type='router', resource_id=piece.id
    )
    assert row['state'] == State.APPLYING
    assert row['lease_owner']
    assert region.admin.exists('router', piece.id)


def test_what_was_not_committed_is_lost(
    region: Region, fresh_project: str
) -> None:
    piece = Piece.empty(region, fresh_project)
    network = piece.add_network('10.1.0.0/24', external=True)
    instance = piece.add_port(piece.add_network('10.2.0.0/24'), '7')
    piece.set_gateway(network, '10', snat=True)
    piece.attach(piece.networks[1], '1')
    piece.add_floating_ip(network, '20', *instance)

    # In the transaction that makes the floating IP, whose port is there.
    piece.dies('local.router.floating_port')

    assert not region.database.query(
        'SELECT id FROM floatingips WHERE project_id = %s', fresh_project
    )
    piece.assert_whole()


def test_a_point_that_nothing_reaches_is_no_death(
    region: Region, fresh_project: str
) -> None:
    piece = Piece.empty(region, fresh_project)
    region.arm('local.router.deleted')

    piece.put()

    with pytest.raises(AssertionError):
        region.wait_death()
