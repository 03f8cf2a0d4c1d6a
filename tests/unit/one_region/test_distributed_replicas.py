# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of distributed routers, applied in a region, and kills."""

import copy

import pytest

from tests.functional import kills
from tests.functional.routers import router_documents
from tests.functional.routers import router_pieces
from tests.functional.routers.router_documents import Piece
from tests.unit.one_region.region import Region

SNAT = 'network:router_centralized_snat'
AGENT_GATEWAY = 'network:floatingip_agent_gateway'


def in_one_place(piece: Piece) -> None:
    """Make a document that of a router that is not distributed."""
    piece.body['router']['distributed'] = False
    del piece.body['snat_ports']


def test_a_document_makes_it_whole_and_again_changes_nothing(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.distributed(region, fresh_project).piece

    first = piece.put()
    rows, revisions = piece.rows(), piece.revisions()
    second = piece.put()

    assert first['omitted'] == second['omitted'] == []
    assert first['digest'] == second['digest']
    assert (piece.rows(), piece.revisions()) == (rows, revisions)
    piece.assert_whole()


def test_its_ports_for_snat_follow_the_document(
    region: Region, fresh_project: str
) -> None:
    made = router_pieces.distributed(region, fresh_project)
    piece = made.piece
    piece.put()

    # Others, then some, then none with the gateway; then all of it again.
    before = copy.deepcopy(piece.body)
    piece.body['snat_ports'] = router_documents.ordered(
        {**one, 'port_id': router_documents.new_id()}
        for one in piece.body['snat_ports']
    )
    piece.assert_whole()
    piece.body['interfaces'] = [
        one
        for one in piece.body['interfaces']
        if one['network_id'] == made.first['network']['id']
    ]
    piece.body['snat_ports'] = [
        one
        for one in piece.body['snat_ports']
        if one['network_id'] == made.first['network']['id']
    ]
    piece.set_routes()
    piece.assert_whole()
    piece.body.update(gateway=None, floating_ips=[], snat_ports=[])
    piece.put()
    piece.body.update(before)
    piece.assert_whole()

    answer = region.service.delete(piece.path)
    assert answer.status_code == 204, answer.text
    assert piece.rows() == []


def test_a_document_of_the_version_before_makes_it_in_one_place(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.distributed(region, fresh_project).piece
    snat_ports = piece.body.pop('snat_ports')

    applied = piece.put()

    assert applied['omitted'] == ['router.distributed']
    shown = region.admin.show('router', piece.id)
    assert shown['distributed'] is False
    # And back, when central is replaced by one of the version before.
    piece.body['snat_ports'] = snat_ports
    assert piece.put()['omitted'] == []
    piece.assert_whole()
    del piece.body['snat_ports']
    assert piece.put()['omitted'] == ['router.distributed']
    assert SNAT not in {row.get('device_owner') for row in piece.rows()}


def test_it_is_whole_after_kill_9_at_each_step_of_its_making(
    region: Region, fresh_project: str
) -> None:
    piece = router_pieces.distributed(region, fresh_project).piece
    piece.put_networks()

    for point in (
        'local.router.created',
        'local.router.port:2',
        'local.router.snat_port',
        # The one that it died with is made anew, and then the next.
        'local.router.snat_port:2',
        'local.router.snat_port:2',
        'local.router.interfaces',
        'local.router.floating_ip',
        'local.apply.done',
    ):
        piece.dies(point)

    piece.assert_whole()


@pytest.mark.parametrize('distributed', [True, False])
def test_it_is_whole_after_kill_9_at_each_step_of_its_becoming_another_kind(
    region: Region, fresh_project: str, distributed: bool
) -> None:
    piece = router_pieces.distributed(region, fresh_project).piece
    wanted = copy.deepcopy(piece.body)
    if distributed:
        in_one_place(piece)
    piece.put()
    piece.body.clear()
    piece.body.update(wanted)
    if not distributed:
        in_one_place(piece)

    for point in (
        'local.router.interface_removed',
        'local.router.emptied',
        'local.router.deleted',
        'local.router.created',
        'local.router.interfaces',
    ):
        piece.dies(point)

    piece.assert_whole()


def test_ports_of_agents_are_whole_after_kill_9_while_they_were_made(
    region: Region, fresh_project: str
) -> None:
    piece = Piece.empty(region, fresh_project)
    external = piece.add_network('203.0.113.0/24', external=True)
    piece.put_networks()
    network_id = external['network']['id']
    ports = [router_documents.router_port(external, one) for one in '78']
    external['agent_gateways'] = router_documents.ordered(
        {
            'id': one['port_id'],
            'mac_address': one['mac_address'],
            'fixed_ips': one['fixed_ips'],
        }
        for one in ports
    )
    path = f'/replicas/network/{network_id}'

    replica = router_documents.document(
        'network', network_id, external, region.region_name
    )
    kills.dies(
        region,
        'local.agent_gateway.created',
        lambda: region.service.put(path, {'replica': replica}),
    )
    piece.put_networks()

    def here() -> list[str]:
        return sorted(
            str(one['id'])
            for one in region.admin.list(
                'port', network_id=network_id, device_owner=AGENT_GATEWAY
            )
        )

    assert here() == sorted(one['port_id'] for one in ports)
    answer = region.service.get(path).json()['replica']
    assert answer['body'] == external
    # One goes, then all.
    external['agent_gateways'].pop()
    piece.put_networks()
    assert here() == [external['agent_gateways'][0]['id']]
    del external['agent_gateways']
    piece.put_networks()
    assert here() == []
    assert region.service.delete(path).status_code == 204
