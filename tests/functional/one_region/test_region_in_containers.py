# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region whose API runs in two containers of one host.

Each has process IDs of its own, and the host name of the other: whether the
other's worker lives is not to be seen.
"""

from collections.abc import Iterator
import concurrent.futures
import contextlib
import functools
import os
import shutil

import pytest
import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud import neutron
from tests.functional.stretched import stretched

pytestmark = [
    pytest.mark.own_cloud(),
    pytest.mark.thorough,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which('unshare') is None,
        reason='namespaces of process IDs are made by root, with unshare',
    ),
]

_NAMESPACE = ('unshare', '--pid', '--fork', '--kill-child', '--mount-proc')
_PULL = r'/networks/[^/]+/replicas/'


class Container(neutron.NeutronProcess):
    """An API of a region in a namespace of process IDs of its own.

    :param region: whose database and configuration it has
    """

    # What is forked off a process that runs is in that one's namespace.
    warm = ''

    def __init__(
        self, region: clouds.Region, name: str, port: int | None = None
    ) -> None:
        super().__init__(
            region.workspace,
            name,
            region.database,
            {
                **region.options,
                # Its own, which is made in its folder.
                'DEFAULT': {
                    **region.options['DEFAULT'],
                    'api_paste_config': region.workspace.directory(name)
                    / 'api-paste.ini',
                },
            },
            port=port,
        )
        self._arguments = [*_NAMESPACE, *self._arguments]


@pytest.fixture(scope='module')
def containers(
    module_cloud: clouds.Cloud,
) -> Iterator[tuple[Container, Container]]:
    """RegionOne in two containers; the first is where XJob calls it."""
    one = module_cloud.one
    one.kill9()
    both = Container(one, 'first', one.port), Container(one, 'second')
    with contextlib.ExitStack() as started:
        for each in both:
            started.callback(each.kill9)
            each.start()
        yield both
    one.start()


def test_they_are_apart(containers: tuple[Container, Container]) -> None:
    seen = {
        os.readlink(f'/proc/{_worker(one.pid)}/ns/pid') for one in containers
    }

    assert len(seen) == 2
    assert os.readlink('/proc/self/ns/pid') not in seen


def _worker(pid: int) -> int:
    with open(f'/proc/{pid}/task/{pid}/children') as children:
        return int(children.read().split()[0])


def test_one_network_used_first_in_both_at_once_is_one(
    module_cloud: clouds.Cloud,
    containers: tuple[Container, Container],
    fresh_project: str,
) -> None:
    network = stretched(module_cloud, fresh_project)

    made = regions.all_at_once(
        [
            functools.partial(
                one.client(fresh_project).create_port, network['id']
            )
            for one in containers * 3
        ]
    )

    assert [one for one in made if isinstance(one, Exception)] == []

    def arrived() -> None:
        found = regions.same_ports(
            module_cloud, network['id'], [module_cloud.one]
        )
        assert len(found) == len(made)
        assert {
            row['state'] for row in _network_row(module_cloud, network['id'])
        } == {'present'}

    eventually(arrived, 20)


def _network_row(
    cloud: clouds.Cloud, network_id: str
) -> list[dict[str, object]]:
    return regions.ledger(
        cloud.one, resource_type='network', resource_id=network_id
    )


def test_what_one_is_at_is_left_to_it_while_it_lives(
    module_cloud: clouds.Cloud,
    containers: tuple[Container, Container],
    fresh_project: str,
) -> None:
    network = stretched(module_cloud, fresh_project)
    first, second = containers
    held = module_cloud.one.to_central.hold(path=_PULL)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        begun = pool.submit(
            first.client(fresh_project).create_port, network['id']
        )
        held.wait(1)
        other = pool.submit(
            second.client(fresh_project).create_port, network['id']
        )
        with pytest.raises(TimeoutError):
            other.result(timeout=1)
        held.release()

        assert begun.result()['id'] != other.result()['id']
    assert held.hits == 1
    assert len(_network_row(module_cloud, network['id'])) == 1


def test_what_a_killed_one_was_at_the_other_takes_up(
    module_cloud: clouds.Cloud,
    containers: tuple[Container, Container],
    fresh_project: str,
) -> None:
    network = stretched(module_cloud, fresh_project)
    first, second = containers
    first.arm('local.apply.leased')
    with pytest.raises(requests.ConnectionError):
        first.client(fresh_project).create_port(network['id'])
    first.wait_death()
    try:
        # It may live in its container, for all that is known here: its
        # lease runs out.
        def taken_up() -> None:
            try:
                second.client(fresh_project).create_port(network['id'])
            except clouds.ApiError as error:
                assert error.type != 'ReplicaBusy'
                raise

        eventually(taken_up, 40)
    finally:
        first.start()

    def nothing_is_left() -> None:
        found = regions.same_ports(
            module_cloud, network['id'], [module_cloud.one]
        )
        assert len(found) == 1

    eventually(nothing_is_left, 40)
