# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The guides of all topologies work while services die under them.

What dies is what no command of a guide waits for: XJob, and the L3 agents of
all hosts, one after the other, again and again. A guide's pings go on until
they are answered, so it ends when everything is where it belongs.
"""

from collections.abc import Iterator, Sequence
import contextlib
import itertools
import threading

import pytest

from lab import cloud
from tests.lab import guides
from tests.lab import outside
from tests.lab import tenant

pytestmark = [
    pytest.mark.alone,
    pytest.mark.thorough,
    pytest.mark.timeout(900),
]

_XJOB = 'tricircle-xjob'
#: Without several-gateways-east-west, where instances hear of a route by
#: DHCP: one that leases before the route is there has it when it renews.
#: Its faults are in tests/functional/routers/test_router_topology_faults.py.
_PAGES = (
    'cross-region-router',
    'dual-stack',
    'dual-stack-across-regions',
    'local-gateways-one-network',
    'local-networking',
    'self-service-networks',
    'several-external-networks',
    'single-external-network',
)
#: Seconds that a service is away, and that all are there before the next.
_AWAY = 2.0
_THERE = 3.0
#: Seconds that a guide may take meanwhile.
_GUIDE_SECONDS = 600.0


@contextlib.contextmanager
def _dying(lab: cloud.Lab, services: Sequence[str]) -> Iterator[list[str]]:
    """Kill services and start them again, one after the other, meanwhile.

    :returns: which died
    """
    over = threading.Event()
    died: list[str] = []
    failed: list[Exception] = []

    def disturb() -> None:
        try:
            for name in itertools.cycle(services):
                if over.wait(_THERE):
                    return
                lab.kill(name)
                died.append(name)
                over.wait(_AWAY)
                lab.restart(name, lambda _text: None)
        except Exception as exc:
            failed.append(exc)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        yield died
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


@pytest.mark.parametrize('page', _PAGES)
def test_a_guide_ends_as_it_says(
    lab: cloud.Lab,
    demo_tenant: tenant.Tenant,
    shell: dict[str, str],
    page: str,
) -> None:
    path = f'networking/{page}.rst'
    wanted = guides.commands(guides.DOCUMENTS / path)
    agents = [f'l3-agent-{host}' for host in lab.topology.hosts]
    victims = [name for agent in agents for name in (_XJOB, agent)]
    with outside.kept(lab):
        with _dying(lab, victims) as died:
            said = guides.run(path, wanted, shell, _GUIDE_SECONDS)

        assert {*died} > {_XJOB}
        pings = sum('ping -c 3' in one for one in wanted)
        assert said.count(' 3 received') == pings
