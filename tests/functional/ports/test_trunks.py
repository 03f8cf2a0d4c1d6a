# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks of central: they go where their parent port is used."""

import dataclasses
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json


@dataclasses.dataclass(frozen=True)
class Scene:
    """A trunk of central that carries one of two ports, in no region yet."""

    central: clouds.NeutronClient
    trunk: str
    parent: str
    carried: str
    other: str

    def change(self, verb: str, port_id: str, vlan: int | None = None) -> None:
        said: dict[str, Any] = {'port_id': port_id}
        if vlan is not None:
            said |= tagged(port_id, vlan)
        answer = self.central.put(
            f'/trunks/{self.trunk}/{verb}', {'sub_ports': [said]}
        )
        assert answer.ok, answer.text

    def states(self) -> dict[str, Any]:
        """Return how far the trunk got, by region."""
        answer = self.central.get(f'/trunks/{self.trunk}/replicas')
        return {one['region']: one for one in answer.json()['replicas']}


def tagged(port_id: str, vlan: int) -> dict[str, Any]:
    return {
        'port_id': port_id,
        'segmentation_type': 'vlan',
        'segmentation_id': vlan,
    }


@pytest.fixture
def scene(cloud: clouds.Cloud, fresh_project: str) -> Scene:
    central = cloud.central.client(fresh_project)
    parents, _ = regions.make_network(cloud, fresh_project)
    vlan, _ = regions.make_network(cloud, fresh_project)
    parent = central.create_port(parents['id'], name='parent')['id']
    carried, other = (
        central.create_port(vlan['id'], name=name)['id']
        for name in ('carried', 'other')
    )
    trunk = central.create(
        'trunk', name='t', port_id=parent, sub_ports=[tagged(carried, 100)]
    )
    return Scene(central, trunk['id'], parent, carried, other)


def vlans(region: clouds.NeutronProcess, trunk: str) -> dict[str, int] | None:
    """Return the VLANs of a trunk in a region by port, None without it."""
    if not region.admin.exists('trunk', trunk):
        return None
    return {
        one['port_id']: one['segmentation_id']
        for one in region.admin.show('trunk', trunk)['sub_ports']
    }


def await_vlans(
    region: clouds.NeutronProcess,
    trunk: str,
    wanted: dict[str, int] | None,
    seconds: float = 40,
) -> None:
    def look() -> None:
        assert vlans(region, trunk) == wanted

    eventually(look, seconds)


def test_a_trunk_goes_where_its_parent_is_used(
    cloud: clouds.Cloud, fresh_project: str, scene: Scene
) -> None:
    nova = cloud.one.nova(fresh_project)
    mark = cloud.central_calls.mark()

    instance = nova.boot(port_id=scene.parent)

    # It was there before the port was bound, for one call to central.
    assert vlans(cloud.one, scene.trunk) == {scene.carried: 100}
    asked = [
        call.path
        for call in regions.of_callers(
            cloud.central_calls.since(mark), cloud.one
        )
    ]
    assert asked == [f'/v2.0/ports/{scene.parent}/replicas/RegionOne']
    assert vlans(cloud.two, scene.trunk) is None
    assert regions.state(cloud.one, scene.carried) == 'present'
    assert list(scene.states()) == ['RegionOne']

    scene.change('add_subports', scene.other, 7)
    await_vlans(cloud.one, scene.trunk, {scene.carried: 100, scene.other: 7})
    scene.change('remove_subports', scene.carried)
    scene.central.update('trunk', scene.trunk, name='u', description='d')
    await_vlans(cloud.one, scene.trunk, {scene.other: 7})

    def look() -> None:
        shown = cloud.one.admin.show('trunk', scene.trunk)
        assert (shown['name'], shown['description']) == ('u', 'd')
        assert scene.states()['RegionOne']['status'] == 'IN_SYNC'

    eventually(look, 20)

    nova.delete(instance)
    there = cloud.two.nova(fresh_project).boot(port_id=scene.parent)
    assert vlans(cloud.two, scene.trunk) == {scene.other: 7}
    assert vlans(cloud.one, scene.trunk) is None
    assert regions.state(cloud.two, scene.other) == 'present'
    assert regions.state(cloud.one, scene.other) == 'deleted'

    cloud.two.nova(fresh_project).delete(there)

    def end() -> None:
        answer = scene.central.delete(f'/trunks/{scene.trunk}')
        assert answer.status_code == 204, answer.text

    # When central has heard that the parent is free.
    eventually(end, 20)
    for one in (scene.parent, scene.other, scene.carried):
        scene.central.remove('port', one)

    def gone() -> None:
        assert vlans(cloud.two, scene.trunk) is None
        for one in (scene.parent, scene.other):
            assert not cloud.two.admin.exists('port', one)

    eventually(gone, 40)


def test_a_parent_that_is_plugged_again_at_once_has_its_trunk(
    cloud: clouds.Cloud, fresh_project: str, scene: Scene
) -> None:
    nova = cloud.one.nova(fresh_project)

    for _turn in range(6):
        instance = nova.boot(port_id=scene.parent)

        # The region may just be giving up what is not used any more.
        assert vlans(cloud.one, scene.trunk) == {scene.carried: 100}
        nova.delete(instance)


def test_a_region_makes_no_trunk_of_centrals_ports(
    cloud: clouds.Cloud, fresh_project: str, scene: Scene
) -> None:
    user = cloud.one.client(fresh_project)
    port = scene.central.show('port', scene.other)
    address = [
        {'ip_address': port['fixed_ips'][0]['ip_address']},
    ]
    answer = user.post('/trunks', {'trunk': {'port_id': scene.other}})
    assert answer.status_code == 409, answer.text
    assert 'belongs to central Neutron' in answer.text

    scene.central.remove('port', scene.other)

    def gone() -> None:
        assert not cloud.one.admin.exists('port', scene.other)

    eventually(gone, 40)

    def taken() -> Json:
        try:
            return cloud.two.client(fresh_project).create_port(
                port['network_id'], fixed_ips=address
            )
        except clouds.ApiError as exc:
            # It is held until central knows that the region has followed.
            assert exc.type != 'IpAddressAlreadyAllocated', exc
            raise

    again = eventually(taken, 20)
    assert again['fixed_ips'][0]['ip_address'] == address[0]['ip_address']
    # What central has is changed there.
    cloud.one.nova(fresh_project).boot(port_id=scene.parent)
    for path, body in (
        (f'/trunks/{scene.trunk}', {'trunk': {'name': 'n'}}),
        (
            f'/trunks/{scene.trunk}/remove_subports',
            {'sub_ports': [{'port_id': scene.carried}]},
        ),
    ):
        answer = user.put(path, body)
        assert answer.status_code == 409, answer.text
        assert 'belongs to central Neutron' in answer.text
    shown = cloud.one.admin.show('trunk', scene.trunk)
    assert shown['name'] == 't'
    assert vlans(cloud.one, scene.trunk) == {scene.carried: 100}
    answer = cloud.two.client(fresh_project).put(
        f'/ports/{scene.carried}', {'port': {'device_id': 'elsewhere'}}
    )
    assert answer.status_code == 409, answer.text
    assert 'subport of trunk' in answer.text


def test_what_a_trunk_carries_comes_late_and_says_so(
    cloud: clouds.Cloud, fresh_project: str, scene: Scene
) -> None:
    cloud.one.nova(fresh_project).boot(port_id=scene.parent)
    # Another region has it, and gives it up.
    cloud.two.client(fresh_project).show('port', scene.other)
    cloud.one.kill9()
    cloud.xjob.kill9()

    scene.change('add_subports', scene.other, 7)
    scene.change('remove_subports', scene.carried)

    assert scene.states()['RegionOne']['status'] != 'IN_SYNC'
    cloud.xjob.restart()
    cloud.one.restart()
    await_vlans(cloud.one, scene.trunk, {scene.other: 7}, 60)
    assert regions.state(cloud.two, scene.other) != 'present'


@pytest.mark.thorough
def test_a_region_without_trunks_says_so(
    cloud: clouds.Cloud, fresh_project: str, scene: Scene
) -> None:
    without = {
        'DEFAULT': {
            'service_plugins': [
                'tricircle.network.local_l3_plugin.TricircleL3Plugin'
            ]
        }
    }
    with cloud.two.configured(without):
        cloud.two.nova(fresh_project).boot(port_id=scene.parent)

        def look() -> None:
            assert scene.states()['RegionTwo']['omitted'] == ['trunk']

        # XJob looks after what was pulled some time later.
        eventually(look, 60)
        # Nothing there keeps it from that.
        for one in (scene.carried, scene.parent):
            cloud.two.admin.remove('port', one)

        def gone() -> None:
            assert not scene.central.exists('port', scene.parent)
            assert not scene.central.exists('trunk', scene.trunk)

        eventually(gone, 20)
