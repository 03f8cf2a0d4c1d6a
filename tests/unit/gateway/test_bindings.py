# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where a project goes on, and where it goes when that takes no more."""

from typing import Any

from oslo_db import exception as db_exc
import pytest

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import refusals
from tricircle.db.central.gateway import bindings as db_bindings
from tricircle.db.central.pod import pods as db_pods
from tricircle.gateway import asked as asking
from tricircle.gateway import placing
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes
from tricircle.gateway.lost import placings

PROJECT = stand_in.PROJECT
ZONES = {'One': 'az1', 'Two': 'az1', 'Three': 'az1', 'Far': 'az2'}


class Regions(faulty.Regions):
    """Several regions of one zone, with their pods in the database."""

    def __init__(self) -> None:
        super().__init__(*ZONES)
        self.away: dict[str, str] = {}
        with sessions.writer() as session:
            self.ids = {
                name: db_pods.create(session, name, zone).pod_id
                for name, zone in ZONES.items()
            }

    def pods(self) -> list[placing.Pod]:
        """The pods of the database, oldest first."""
        return [
            placing.Pod(
                name,
                zone,
                away=self.away.get(name, ''),
                pod_id=self.ids[name],
            )
            for name, zone in ZONES.items()
        ]

    def zone(self, region_name: str) -> str:
        """The zone of one."""
        return ZONES[region_name]


@pytest.fixture
def there(database: None) -> Regions:
    return Regions()


@pytest.fixture
def scopes() -> dict[str, frozenset[str]]:
    return {}


@pytest.fixture
def cloud(there: Any, scopes: Any) -> asking.Cloud:
    return asking.Cloud(
        service=compute.SERVICE,
        regions=there,
        homes=homes.Homes(compute.SERVICE, there, 1.0),
        scopes=lambda networks, ports: scopes,
        list_timeout=1.0,
        max_limit=1000,
        placings=placings.Placings(60.0, faulty.Patience()),
    )


@pytest.fixture
def client(cloud: asking.Cloud) -> stand_in.Client:
    return stand_in.Client(cloud)


def boot(client: stand_in.Client, **wish: Any) -> Any:
    return client.ask(
        'POST', '/v2.1/servers', {'server': {'name': 'a', **wish}}
    )


def where(there: Regions) -> dict[str, int]:
    return {
        name: len(region.servers)
        for name, region in there.there.items()
        if region.servers
    }


def history() -> list[tuple[str, bool, str | None]]:
    """Return region, whether it stands, and why not, the latest first."""
    with sessions.reader() as session:
        return [
            (one.region_name, bool(one.standing), one.reason)
            for one in db_bindings.find(session, {}, PROJECT, None, 100)
        ]


def bind(there: Regions, name: str) -> None:
    with sessions.writer() as session:
        db_bindings.create(session, PROJECT, there.ids[name])


def test_the_first_placing_binds(
    client: stand_in.Client, there: Regions
) -> None:
    boot(client, availability_zone='az1')
    assert history() == [('One', True, None)]


def test_what_comes_then_goes_there(
    client: stand_in.Client, there: Regions
) -> None:
    bind(there, 'Two')
    boot(client, availability_zone='az1')
    boot(client)
    assert where(there) == {'Two': 2}
    assert history() == [('Two', True, None)]


def test_each_zone_has_its_own(
    client: stand_in.Client, there: Regions
) -> None:
    boot(client, availability_zone='az1')
    boot(client, availability_zone='az2')
    assert history() == [('Far', True, None), ('One', True, None)]


def test_what_a_region_refuses_binds_nobody(
    client: stand_in.Client, there: Regions
) -> None:
    there.there['One'].faults = [faulty.error_before]
    assert boot(client, availability_zone='az1').status_int == 500
    assert history() == []


def test_from_one_that_takes_nothing_it_goes_to_another_for_good(
    client: stand_in.Client, there: Regions
) -> None:
    bind(there, 'Two')
    there.away['Two'] = 'is draining'
    boot(client, availability_zone='az1')
    there.away.clear()
    boot(client, availability_zone='az1')
    assert where(there) == {'One': 2}
    assert history() == [('One', True, None), ('Two', False, 'is draining')]


def test_from_one_that_refuses_connections_as_well(
    client: stand_in.Client, there: Regions
) -> None:
    bind(there, 'Two')
    there.there['Two'].faults = [faulty.refused]
    boot(client, availability_zone='az1')
    assert history() == [
        ('One', True, None),
        ('Two', False, 'does not answer'),
    ]


def test_to_one_that_it_came_from_it_may_go_back(
    client: stand_in.Client, there: Regions
) -> None:
    bind(there, 'Two')
    for away in ('Two', 'One'):
        there.away = dict.fromkeys({'Three', away}, 'is draining')
        boot(client, availability_zone='az1')
    assert [one[:2] for one in history()] == [
        ('Two', True),
        ('One', False),
        ('Two', False),
    ]


@pytest.mark.parametrize('named', ['networks', 'the region'])
def test_what_does_not_suit_one_request_ends_nothing(
    client: stand_in.Client,
    there: Regions,
    scopes: dict[str, frozenset[str]],
    named: str,
) -> None:
    bind(there, 'Two')
    if named == 'networks':
        scopes['network n'] = frozenset({'One'})
        boot(client, availability_zone='az1', networks=[{'uuid': 'n'}])
    else:
        boot(client, availability_zone='One')
    assert where(there) == {'One': 1}
    assert history() == [('Two', True, None)]


def test_one_whose_pod_is_in_the_zone_no_more_ends(
    client: stand_in.Client, there: Regions
) -> None:
    bind(there, 'Two')
    with sessions.writer() as session:
        db_pods.get(session, there.ids['Two']).az_name = 'az9'
    boot(client, availability_zone='az1')
    assert history() == [
        ('One', True, None),
        ('Two', False, 'its pod is in the zone no more'),
    ]


def test_what_cannot_be_noted_fails_nothing(
    client: stand_in.Client,
    there: Regions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any) -> None:
        raise db_exc.DBError

    monkeypatch.setattr(db_bindings, 'place', fail)
    assert boot(client).status_int == 202


def test_of_two_at_once_the_first_stands(
    cloud: asking.Cloud, there: Regions, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind(there, 'Two')
    monkeypatch.setattr(db_bindings, '_current', lambda *args: None)
    one = next(pod for pod in there.pods() if pod.region_name == 'One')
    cloud.bindings.place(PROJECT, one, {})
    assert history() == [('Two', True, None)]


def test_in_one_zone_it_is_bound_once(there: Regions) -> None:
    bind(there, 'Two')
    with pytest.raises(refusals.Conflict, match='bound to Two in the zone'):
        bind(there, 'One')
