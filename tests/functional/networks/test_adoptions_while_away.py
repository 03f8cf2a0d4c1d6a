# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Adoptions that end while the region is away: the network stays its own."""

import io

import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.networks import test_adopted_networks as adopted
from tests.functional.networks.test_adopted_networks import Own
from tricircle.cli.v1 import network as network_commands

pytestmark = pytest.mark.thorough


@pytest.fixture
def own(cloud: clouds.Cloud, fresh_project: str) -> Own:
    """A network of RegionOne's own, in use."""
    return adopted.make_own(cloud, fresh_project)


def cancel(own: Own) -> str:
    """Run the command; return what it said."""
    shown = io.StringIO()

    class Command(network_commands.AdoptNetwork):
        progress = shown

    app = commands.make_app(own.cloud)
    assert (
        commands.run(
            app,
            Command,
            *('--cancel', '--region', 'RegionOne', own.network['id']),
        )
        == 0
    )
    return shown.getvalue()


def taken_over_and_away(own: Own) -> None:
    """Have the region give it, and be killed before central goes on."""
    own.cloud.xjob.arm('xjob.adoption.taken_over')
    adopted.begin(own)
    own.cloud.xjob.wait_death()
    assert own.network['id'] in own.marked()
    own.cloud.one.kill9()


def is_its_own_again(own: Own) -> None:
    """Assert that both sides are as if nobody had asked."""
    assert own.of_central() == set()
    assert own.marked() == set()
    name = own.user.update('port', own.ports[0]['id'], name='mine')['name']
    assert name == 'mine'
    new = own.user.create_port(own.network['id'])
    own.user.remove('port', new['id'])


def test_what_fails_while_the_region_is_away_is_its_own_when_it_is_back(
    own: Own,
) -> None:
    cloud, before = own.cloud, own.rows()
    path = adopted.adoption_path(own)
    take = cloud.one.from_xjob.hold(method='PUT', path=path)
    back = cloud.one.from_xjob.hold(method='DELETE', path=path)
    adopted.begin(own)
    take.wait(1)
    # Central has looked, and could have had it.
    admin = cloud.central.client(own.project, roles=clouds.ADMIN)
    admin.put(
        f'/quotas/{own.project}', {'quota': {'network': 0}}
    ).raise_for_status()
    take.cancel()
    take.release()
    back.wait(1, 60)
    cloud.one.kill9()
    back.cancel()
    back.release()

    assert 'network' in str(adopted.await_state(own, 'giving-back'))
    assert own.of_central() == set()

    cloud.one.start()
    assert 'network' in str(adopted.await_state(own, 'refused'))
    assert own.rows() == before
    is_its_own_again(own)


def test_what_is_cancelled_while_the_region_is_away_is_its_own_again(
    own: Own,
) -> None:
    before = own.rows()
    taken_over_and_away(own)

    assert 'makes it its own again (it was cancelled)' in cancel(own)

    assert own.of_central() == set()
    own.cloud.xjob.start()
    own.cloud.one.start()
    assert adopted.await_state(own, 'refused') == 'it was cancelled'
    assert own.rows() == before
    is_its_own_again(own)
    # And may be adopted later.
    assert adopted.adopt(own)[0] == 0


def test_what_was_not_looked_at_yet_is_over_when_it_is_cancelled(
    own: Own,
) -> None:
    own.cloud.one.kill9()
    adopted.begin(own)

    def waits() -> None:
        state, reason = adopted.state(own)
        assert state == 'looking'
        assert reason

    eventually(waits, 30)

    assert 'it was refused (it was cancelled)' in cancel(own)
    assert adopted.state(own) == ('refused', 'it was cancelled')
    own.cloud.one.start()
    is_its_own_again(own)
