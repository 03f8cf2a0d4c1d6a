# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Whatever regions ask for, central has threads for its tenants."""

from collections.abc import Iterator
import concurrent.futures
import contextlib
import itertools

from tests.functional.central_alone import CentralAlone
from tricircle.central.engine import capacity
from tricircle.replica import messages

#: Of each process of the fixture.
PROCESSES = 2
THREADS = 16
#: Resources on which nothing can be done.
POISONED = 100


@contextlib.contextmanager
def locked(central: CentralAlone, network_ids: list[str]) -> Iterator[None]:
    """Hold the rows of networks: what wants to change them waits."""
    database = central.process.database
    with database.server.connect(database.name) as connection:
        connection.begin()
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT id FROM networks WHERE id IN %s FOR UPDATE',
                (network_ids,),
            )
        try:
            yield
        finally:
            connection.rollback()


def test_a_tenant_is_answered_while_a_region_waits_for_many_networks(
    central: CentralAlone, fresh_project: str
) -> None:
    tenant = central.user(fresh_project)
    networks = [
        str(one['id'])
        for one in tenant.create_bulk(
            'network', [{'name': f'n{n}'} for n in range(POISONED)]
        )
    ]
    bounds = capacity.Bounds.of(THREADS)
    with concurrent.futures.ThreadPoolExecutor(POISONED) as pool:
        with locked(central, networks):
            asked = [
                pool.submit(
                    central.pull, 'network', one, 'RegionOne', fresh_project
                )
                for one in networks
            ]
            # As many as there is no room for are told so, without waiting.
            least = POISONED - PROCESSES * bounds.region
            refused = [
                one.result()
                for one in itertools.islice(
                    concurrent.futures.as_completed(asked, timeout=60), least
                )
            ]
            assert {one.status_code for one in refused} == {503}
            assert {one.headers['Retry-After'] for one in refused} == {'1'}
            assert {one.json()['NeutronError']['type'] for one in refused} == {
                messages.BUSY
            }

            for _ in range(THREADS):
                assert len(tenant.list('network', fields='id')) == POISONED
                assert tenant.show('network', networks[0])
    answers = [one.result().status_code for one in asked]
    # The others were only waiting.
    assert 0 < answers.count(200) <= PROCESSES * bounds.region
    assert set(answers) == {200, 503}
