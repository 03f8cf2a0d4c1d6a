# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Boots whose calls are lost or doubled, or whose region dies in between."""

import functools
import time

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional import regions
from tests.functional.cloud.client import Json
from tests.functional.routers.topologies import Topology

PULL_NETWORK = r'/networks/[^/]+/replicas/'


@pytest.mark.parametrize('what', ['drop_request', 'drop_answer'])
@pytest.mark.parametrize('path', [r'/ports$', PULL_NETWORK])
def test_a_lost_call_is_made_good(
    cloud: clouds.Cloud,
    fresh_project: str,
    network: Json,
    what: str,
    path: str,
) -> None:
    user = cloud.one.client(fresh_project)
    fault = getattr(cloud.one.to_central, what)(path=path)
    try:
        user.create_port(network['id'])
    except clouds.ApiError as error:
        # A lost pull is the caller's to repeat, and Nova does.
        assert path == PULL_NETWORK and error.status == 503
        user.create_port(network['id'])
    assert fault.hits == 1
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert len(there) == 1


def test_the_last_port_of_a_quota_is_got_though_its_answer_is_lost(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    cloud.central.admin.put(f'/quotas/{fresh_project}', {'quota': {'port': 1}})
    fault = cloud.one.to_central.drop_answer(path=r'/ports$')

    made = user.create_port(network['id'])

    assert fault.hits == 1
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    with pytest.raises(clouds.ApiError) as refused:
        user.create_port(network['id'])
    assert refused.value.type == 'OverQuota'
    assert user.show('port', made['id'])


@pytest.mark.parametrize('second', [False, True])
@pytest.mark.parametrize('path', [r'/ports$', PULL_NETWORK])
def test_a_doubled_call_is_one(
    cloud: clouds.Cloud,
    fresh_project: str,
    network: Json,
    path: str,
    second: bool,
) -> None:
    fault = cloud.one.to_central.duplicate(second_answer=second, path=path)
    cloud.one.nova(project=fresh_project).boot(network_id=network['id'])
    assert fault.hits == 1
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one])
    )
    assert len(there) == 1


def test_an_allocation_without_any_answer_is_given_back(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    user.show('network', network['id'])
    cloud.one.to_central.drop_answer(path=r'/ports$', times=2)
    with pytest.raises(clouds.ApiError) as refused:
        user.create_port(network['id'])
    assert refused.value.status == 503
    assert 'central' in refused.value.message.lower()

    def given_back() -> None:
        assert regions.ports_of(cloud.central.admin, network['id']) == {}

    clouds.eventually(given_back)
    assert regions.ports_of(cloud.one.admin, network['id']) == {}
    assert not regions.ledger(
        cloud.one, parent_id=network['id'], state='allocating'
    )


#: Where a boot is interrupted, in its order.
STEPS = (
    'local.apply.leased',
    'local.pull.answered',
    'local.network.created',
    'local.apply.done',
    'local.port.recorded',
    'local.port.allocated',
    'local.port.required',
    'local.port.created',
)


def test_a_region_killed_at_each_step_of_a_boot_leaks_nothing(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    networks = {}
    nova = cloud.one.nova(project=fresh_project)

    def given_back(network_id: str) -> None:
        assert not regions.ledger(
            cloud.one, parent_id=network_id, state='allocating'
        )

    for step in STEPS:
        # What the last kill left passes the same steps: it is not to die of
        # that.
        clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
        networks[step], _subnet = regions.make_network(
            cloud, fresh_project, name=step
        )
        network_id = networks[step]['id']
        kills.dies(
            cloud.one,
            step,
            functools.partial(nova.boot, network_id=network_id),
        )
        # Long before [tricircle] allocation_grace: the dead are known.
        clouds.eventually(functools.partial(given_back, network_id), 20)
    booted = {
        step: nova.boot(network_id=network['id'])
        for step, network in networks.items()
    }

    def settled() -> None:
        regions.outbox_empty(cloud.one)
        for step, network in networks.items():
            there = regions.same_ports(cloud, network['id'], [cloud.one])
            # The one whose answer got lost is complete, and Nova's to
            # remove.
            lost = {'local.port.created'} & {step}
            assert len(there) == 1 + len(lost), step
            assert booted[step].port_id in there

    clouds.eventually(settled, 20)


def test_a_boot_waits_for_a_network_that_a_router_is_bringing(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Topology(cloud, fresh_project)
    nova = cloud.one.nova(project=fresh_project)
    made.router('R', 'RegionOne')
    for number in range(4):
        name = f'net{number}'
        made.network(
            name,
            f'10.0.{number}.0/24',
            f'fd00:{number}::/64',
            hints=('RegionOne',),
        )
        made.attach('R', name)
        # Sooner or later than the router's job, which begins in 0.1 s.
        time.sleep(number / 8)

        booted = nova.boot(network_id=made.networks[name]['id'])

        addresses = cloud.one.admin.show('port', booted.port_id)['fixed_ips']
        assert len(addresses) == 2
