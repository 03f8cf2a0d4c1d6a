# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking pod check`` against real Neutrons."""

from collections.abc import Callable, Iterator
import contextlib
from typing import Any
import uuid

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud.client import Json
from tricircle.cli import region
from tricircle.cli.v1 import check


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    return commands.make_app(cloud)


def check_pod(app: Any, name: str) -> dict[tuple[str, str], str]:
    """Run the command; return the reasons by network and kind of clash."""
    headers, rows = commands.take_action(app, check.CheckPod, name)
    assert headers == ('Network', 'Name', 'Clash', 'Reason', 'Remedy')
    return {(row[0], row[2]): row[3] for row in rows}


@pytest.fixture
def own_network() -> Iterator[Callable[..., Json]]:
    """Makes VLAN networks in one Neutron; they are gone when it ends.

    The VLANs of another test are central's to choose.
    """
    with contextlib.ExitStack() as stack:

        def make(neutron: Any, number: int) -> Json:
            operator = neutron.client('owner', roles=('admin',))
            made = operator.create(
                'network',
                **{
                    'name': uuid.uuid4().hex,
                    'provider:network_type': 'vlan',
                    'provider:physical_network': 'bridge',
                    'provider:segmentation_id': number,
                },
            )
            stack.callback(operator.remove, 'network', made['id'])
            network: Json = made
            return network

        yield make


def test_only_own_networks_that_clash_are_shown(
    cloud: clouds.Cloud, fresh_project: str, app: Any, own_network: Any
) -> None:
    theirs, _subnet = regions.make_network(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', theirs['id'])
    quiet = own_network(cloud.one, 530)
    clashing = own_network(cloud.one, 2090)

    found = check_pod(app, 'RegionOne')

    assert 'VLAN 2090' in found[clashing['id'], 'segment-free']
    ids = {one for one, _ in found}
    assert quiet['id'] not in ids
    assert theirs['id'] not in ids
    assert clashing['id'] not in {
        one for one, _ in check_pod(app, 'RegionTwo')
    }


def test_a_network_of_central_on_the_same_vlan_is_named(
    cloud: clouds.Cloud, app: Any, own_network: Any
) -> None:
    ours = own_network(cloud.one, 2091)
    central = own_network(cloud.central, 2091)

    assert (
        central['id']
        in check_pod(app, 'RegionOne')[ours['id'], 'segment-used']
    )


@pytest.mark.thorough
def test_the_command_ends_with_1_when_something_clashes(
    cloud: clouds.Cloud, app: Any, own_network: Any
) -> None:
    ours = own_network(cloud.one, 2092)

    assert commands.run(app, check.CheckPod, 'RegionOne', '-f', 'json') == 1
    assert ours['id'] in app.stdout.getvalue()


@pytest.mark.thorough
def test_all_pages_are_read(
    cloud: clouds.Cloud,
    fresh_project: str,
    app: Any,
    own_network: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(region, '_PAGE', 1)
    theirs = set()
    for _ in range(2):
        network, _subnet = regions.make_network(cloud, fresh_project)
        cloud.one.client(fresh_project).show('network', network['id'])
        theirs.add(network['id'])
    made = {own_network(cloud.one, number)['id'] for number in (2093, 2094)}

    found = {one for one, _ in check_pod(app, 'RegionOne')}
    assert made <= found
    assert not theirs & found


def test_an_unknown_region_is_named(cloud: clouds.Cloud, app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='RegionNine'):
        check_pod(app, 'RegionNine')
