# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Links and zones are written anew, and nothing else."""

import json

import pytest

from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway.answer import rewriting

REGION = 'http://region.example:8774'
ROOT = 'http://cloud.example:19998'
FIELD = 'OS-EXT-AZ:availability_zone'


def rewritten(body: object) -> object:
    answer = exchange.Answer(
        200,
        {'Location': f'{REGION}/v2.1/servers/a'},
        json.dumps(body).encode(),
    )
    return rewriting.for_client(answer, REGION, ROOT, FIELD, 'az1').json


def test_links_lead_to_the_gateway() -> None:
    assert rewritten({'href': f'{REGION}/v2.1/servers/a'}) == {
        'href': f'{ROOT}/v2.1/servers/a'
    }


def test_the_location_of_what_was_made_leads_to_the_gateway() -> None:
    answer = exchange.Answer(
        202, {'Location': f'{REGION}/v2.1/servers/a'}, b'{}'
    )
    found = rewriting.for_client(answer, REGION, ROOT, FIELD, 'az1')
    assert found.headers == {'Location': f'{ROOT}/v2.1/servers/a'}


def test_what_a_user_wrote_stays() -> None:
    said = {'name': f'{REGION}/v2.1', 'metadata': {'zone': 'nova'}}
    assert rewritten(said) == said


def test_a_link_elsewhere_stays() -> None:
    said = {'href': 'http://region.example:87741/v2.1/servers/a'}
    assert rewritten(said) == said


def test_the_zone_is_that_of_the_pod() -> None:
    assert rewritten({'server': {FIELD: 'nova'}}) == {'server': {FIELD: 'az1'}}


def test_it_is_in_each_of_a_list() -> None:
    assert rewritten({'servers': [{FIELD: 'a'}, {FIELD: 'b'}], 'n': 2}) == {
        'servers': [{FIELD: 'az1'}] * 2,
        'n': 2,
    }


def test_a_users_own_field_of_that_name_stays() -> None:
    said = {'server': {'metadata': {FIELD: 'mine'}}}
    assert rewritten(said) == said


def test_a_server_without_a_host_has_no_zone() -> None:
    said = {'server': {FIELD: ''}}
    assert rewritten(said) == said


@pytest.mark.parametrize('body', [b'"%s" in no JSON', b'["%s"]', b'"%s"'])
def test_what_has_no_resource_stays(body: bytes) -> None:
    whole = body.replace(b'%s', FIELD.encode())
    answer = exchange.Answer(200, {}, whole)
    found = rewriting.for_client(answer, REGION, ROOT, FIELD, 'az1')
    assert found.body == whole


def test_the_region_gets_the_zone_by_its_own_name() -> None:
    pod = placing.Pod('RegionOne', 'az1', own_zone='nova-east')
    assert rewriting.zone_for_region(
        {'name': 'a', 'availability_zone': 'az1'}, pod
    ) == {'name': 'a', 'availability_zone': 'nova-east'}


def test_a_region_without_zones_of_its_own_gets_none() -> None:
    pod = placing.Pod('RegionOne', 'az1')
    assert rewriting.zone_for_region(
        {'name': 'a', 'availability_zone': 'az1'}, pod
    ) == {'name': 'a'}


def test_the_host_behind_a_zone_stays() -> None:
    pod = placing.Pod('RegionOne', 'az1', own_zone='nova')
    assert rewriting.zone_for_region(
        {'availability_zone': 'az1:host1'}, pod
    ) == {'availability_zone': 'nova:host1'}
