# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions are asked before something is placed, and how often."""

import json
from typing import Any

from oslo_config import cfg
import pytest
import requests_mock

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tests.unit.gateway.test_bindings import history
from tests.unit.gateway.test_bindings import Regions as Bound
from tricircle.conf import client as client_conf
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import known
from tricircle.gateway import placement
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes
from tricircle.gateway.lost import placings
from tricircle.gateway.placing import filters

FLAVOR = {'id': 'f', 'vcpus': 1, 'ram': 512, 'disk': 1, 'extra_specs': {}}
RULES = placing.Rules(filters=(*filters.ALWAYS, *filters.OPTIONAL.values()))


class Region(faulty.Region):
    """A region that has flavors and images, and counts what it is asked."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.flavors: dict[str, Any] = {'f': FLAVOR}
        self.images = ['i']
        self.says = 200

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Nova does."""
        match question.path.split('/')[1:]:
            case 'flavors' | 'images', _ if self.says != 200:
                self.asked.append(question)
                return asking.answer({}, self.says)
            case 'flavors', one:
                self.asked.append(question)
                if one not in self.flavors:
                    return asking.answer({'itemNotFound': {}}, 404)
                return asking.answer({'flavor': self.flavors[one]})
            case 'images', one:
                self.asked.append(question)
                if one not in self.images:
                    said = {'message': 'Image not found.', 'code': 404}
                    return asking.answer({'itemNotFound': said}, 404)
                return asking.answer({'image': {}})
            case _:
                return super().answer(question)


class Placement:
    """The Placements of regions.

    :ivar hosts: hosts with room by region; -1 for a refusal
    """

    def __init__(self) -> None:
        self.hosts: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []

    def ask(self, region_name: str, query: str) -> exchange.Answer:
        """Answer as Placement does."""
        self.asked.append((region_name, query))
        hosts = self.hosts.get(region_name, 1)
        if hosts < 0:
            return asking.answer({}, 403)
        return asking.answer({'allocation_requests': [{}] * hosts})


@pytest.fixture
def there(database: None) -> Any:
    found = Bound()
    found.there = {name: Region(name) for name in found.there}
    return found


@pytest.fixture
def where() -> Placement:
    return Placement()


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def client(there: Any, where: Placement, clock: list[float]) -> Any:
    return stand_in.Client(
        asking.Cloud(
            service=compute.SERVICE,
            regions=there,
            homes=homes.Homes(compute.SERVICE, there, 1.0),
            scopes=lambda networks, ports: {},
            list_timeout=1.0,
            max_limit=1000,
            placings=placings.Placings(60.0, faulty.Patience()),
            rules=RULES,
            known=known.Known(
                filters.OPTIONAL, 1.0, where, now=lambda: clock[0]
            ),
        )
    )


def boot(client: Any, **wish: Any) -> Any:
    fields = {'name': 'a', 'flavorRef': 'f', 'imageRef': 'i', **wish}
    return client.ask('POST', '/v2.1/servers', {'server': fields})


def places(there: Any) -> list[str]:
    return [name for name, one in there.there.items() if one.servers]


def asked(there: Any, name: str) -> list[str]:
    """Return what a region was asked before it was to make anything."""
    return [one.path for one in there.there[name].asked if one.method == 'GET']


def test_a_region_without_the_flavor_or_the_image_is_passed_over(
    client: Any, there: Any
) -> None:
    there.there['One'].flavors = {}
    there.there['Two'].images = []
    assert boot(client, availability_zone='az1').status_int == 202
    assert places(there) == ['Three']


def test_a_zone_without_it_is_refused_with_the_reason(
    client: Any, there: Any
) -> None:
    for name in ('One', 'Two', 'Three'):
        there.there[name].flavors = {}
    answer = boot(client, availability_zone='az1')
    assert answer.status_int == 409
    assert 'Two by flavor (has no flavor f)' in answer.text


def test_a_region_that_is_left_alone_answers_for_itself(
    client: Any, there: Any
) -> None:
    client.application._cloud.known._names = {'flavor', 'image', 'affinity'}
    boot(client, availability_zone='az2')
    assert asked(there, 'Far') == []


def test_regions_that_do_not_fit_are_not_asked(
    client: Any, there: Any
) -> None:
    boot(client, availability_zone='az1')
    assert (asked(there, 'Far'), len(asked(there, 'One'))) == ([], 2)


def test_of_regions_that_do_not_say_one_that_says_no_is_left_out(
    client: Any, there: Any
) -> None:
    there.there['One'].flavors = {}
    for name in ('Two', 'Three'):
        there.there[name].says = 500
    boot(client, availability_zone='az1')
    assert places(there) == ['Three']


def test_what_is_nowhere_is_for_a_region_to_refuse(
    client: Any, there: Any
) -> None:
    for one in there.there.values():
        one.flavors, one.images = {}, []
        one.faults = [lambda act, region: asking.answer({'bad': 1}, 400)]
    answer = boot(client)
    assert (answer.status_int, answer.json) == (400, {'bad': 1})


@pytest.mark.parametrize('says', [403, 406, 500])
def test_a_region_that_does_not_say_is_not_left_out_by_it(
    client: Any, there: Any, says: int
) -> None:
    there.there['One'].says = says
    assert boot(client, availability_zone='One').status_int == 202


def test_a_nova_that_has_no_images_any_more_does_not_say(
    client: Any, there: Any
) -> None:
    there.there['One'].says = 404
    answer = boot(client, availability_zone='One', flavorRef='')
    assert answer.status_int == 202


def test_what_was_said_is_remembered_for_a_moment(
    client: Any, there: Any, clock: list[float]
) -> None:
    boot(client)
    clock[0] += 4
    boot(client)
    assert asked(there, 'Two') == ['/flavors/f', '/images/i']
    clock[0] += 2
    boot(client)
    assert len(asked(there, 'Two')) == 4


def test_it_is_remembered_for_one_project_alone(
    client: Any, there: Any
) -> None:
    boot(client)
    body = {'server': {'name': 'a', 'flavorRef': 'f'}}
    headers = {'X-Project-Id': stand_in.PROJECT[::-1]}
    client.ask('POST', '/v2.1/servers', body, headers)
    assert asked(there, 'Two').count('/flavors/f') == 2


def test_regions_are_asked_in_versions_that_say_it(
    client: Any, there: Any
) -> None:
    boot(client)
    assert [
        one.headers['OpenStack-API-Version']
        for one in there.there['Two'].asked
    ] == ['compute 2.61', 'compute 2.1']


@pytest.mark.parametrize('wanted', ['..', 'http://x/v2.1/flavors/..', '.'])
def test_no_reference_leads_elsewhere(
    client: Any, there: Any, wanted: str
) -> None:
    boot(client, flavorRef=wanted, imageRef=wanted)
    assert asked(there, 'Two') == []


def test_a_reference_may_be_a_link(client: Any, there: Any) -> None:
    boot(client, flavorRef='http://x/v2.1/flavors/f')
    assert '/flavors/f' in asked(there, 'Two')


def test_a_full_region_is_passed_over(
    client: Any, there: Any, where: Placement
) -> None:
    where.hosts = {'One': 0, 'Two': 0}
    boot(client, availability_zone='az1')
    assert places(there) == ['Three']


def test_more_room_is_better(
    client: Any, there: Any, where: Placement
) -> None:
    where.hosts = {'Three': 7}
    boot(client, availability_zone='az1')
    assert places(there) == ['Three']


def test_a_placement_that_refuses_leaves_nothing_out(
    client: Any, there: Any, where: Placement
) -> None:
    where.hosts = dict.fromkeys(there.there, -1)
    assert boot(client).status_int == 202


def test_a_disk_on_a_volume_needs_no_room(
    client: Any, there: Any, where: Placement
) -> None:
    boot(client, block_device_mapping_v2=[{'boot_index': 0}])
    assert 'DISK_GB' not in where.asked[0][1]


def test_who_is_bound_to_a_full_pod_goes_to_another_for_good(
    client: Any, there: Any, where: Placement, clock: list[float]
) -> None:
    where.hosts = {'Two': 9}
    boot(client, availability_zone='az1')
    where.hosts = {'Two': 0}
    clock[0] += 6
    boot(client, availability_zone='az1')
    where.hosts = {}
    clock[0] += 6
    boot(client, availability_zone='az1')
    assert history() == [
        ('One', True, None),
        ('Two', False, 'has no host with room for flavor f'),
    ]
    assert len(there.there['One'].servers) == 2


def test_server_groups_ask_nothing(client: Any, there: Any) -> None:
    client.ask(
        'POST', '/v2.1/os-server-groups', {'server_group': {'name': 'g'}}
    )
    assert asked(there, 'Two') == []


class TestPlacement:
    @pytest.fixture
    def conf(self) -> cfg.ConfigOpts:
        conf = cfg.ConfigOpts()
        client_conf.register(conf)
        conf([], project='tricircle')
        conf.set_override('auth_strategy', 'noauth', 'client')
        return conf

    def ask(
        self, conf: cfg.ConfigOpts, monkeypatch: Any, **answer: Any
    ) -> tuple[exchange.Answer, Any]:
        from keystoneauth1 import session as ksa_session
        from keystoneauth1 import token_endpoint

        from tricircle.client import auth

        session = ksa_session.Session(
            token_endpoint.Token('http://placement.example', 't')
        )
        monkeypatch.setattr(auth, 'service_session', lambda conf: session)
        with requests_mock.Mocker() as mocked:
            mocked.get(
                'http://placement.example/allocation_candidates', **answer
            )
            found = placement.Placement(conf, 1.0).ask('One', 'limit=10')
            return found, mocked.last_request

    def test_it_is_asked_as_the_gateway_itself(
        self, conf: Any, monkeypatch: Any
    ) -> None:
        answer, asked = self.ask(conf, monkeypatch, json={'some': 'thing'})
        assert json.loads(answer.body) == {'some': 'thing'}
        assert asked.headers['X-Auth-Token'] == 't'
        assert asked.headers['OpenStack-API-Version'] == 'placement 1.17'

    def test_what_a_project_uses_is_asked_likewise(
        self, conf: Any, monkeypatch: Any
    ) -> None:
        self.ask(conf, monkeypatch, json={})
        with requests_mock.Mocker() as mocked:
            mocked.get(
                'http://placement.example/usages?project_id=p',
                json={'usages': {'VCPU': 1}},
            )
            found = placement.Placement(conf, 1.0).usages('One', 'p')
        assert found.json == {'usages': {'VCPU': 1}}

    def test_a_refusal_is_an_answer(self, conf: Any, monkeypatch: Any) -> None:
        answer, _asked = self.ask(conf, monkeypatch, status_code=403)
        assert answer.status == 403

    def test_one_that_does_not_answer_is_away(
        self, conf: Any, monkeypatch: Any
    ) -> None:
        import requests

        with pytest.raises(regions.RegionAway, match='Placement'):
            self.ask(conf, monkeypatch, exc=requests.ConnectTimeout)
