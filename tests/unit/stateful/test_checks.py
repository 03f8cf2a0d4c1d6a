# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What is wrong with a cloud at a quiet moment is found."""

import dataclasses
from typing import Any

import pytest

from tests.functional.stateful import checks
from tests.functional.stateful import model as models
from tests.functional.stateful import seen
from tests.functional.stateful.model import Lost
from tests.functional.stateful.model import Made
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Removed
from tests.functional.stateful.model import Thing
from tests.functional.stateful.seen import Json
from tests.functional.stateful.seen import Side
from tests.functional.stateful.seen import Snapshot

ONE, TWO = 'RegionOne', 'RegionTwo'


def _port(id_: str = 'p', **values: Any) -> Json:
    return {
        'id': id_,
        'name': 'port',
        'tags': [],
        'project_id': 'project',
        'network_id': 'n',
        'device_id': '',
        'device_owner': '',
        'mac_address': f'mac of {id_}',
        'fixed_ips': [{'subnet_id': 's', 'ip_address': f'address of {id_}'}],
        'security_groups': [],
        'qos_policy_id': None,
        **values,
    }


def _network(id_: str = 'n', segment: int = 1, **values: Any) -> Json:
    return {
        'id': id_,
        'name': 'net',
        'tags': [],
        'subnets': [],
        'qos_policy_id': None,
        'project_id': 'project',
        'provider:network_type': 'vxlan',
        'provider:segmentation_id': segment,
        **values,
    }


def _side(name: str, *ports: Json, **things: list[Json]) -> Side:
    everything = {models.PORT: list(ports), **things}
    return Side(
        name,
        {
            kind: {one['id']: one for one in everything.get(kind, [])}
            for kind in seen.KINDS
        },
    )


def _snapshot(central: Side, *regions: Side) -> Snapshot:
    return Snapshot(
        central,
        {one.name: one for one in regions},
        {'router_pieces': [], 'journal': []},
        {},
    )


def _model(*effects: models.Effect) -> models.Model:
    model = models.Model()
    model.take([effects])
    return model


def _made(id_: str = 'p', **fields: object) -> Made:
    values = {key: frozenset([value]) for key, value in fields.items()}
    return Made(Thing(models.PORT, id_, 'project', values, network='n'))


def _kinds(findings: list[checks.Finding]) -> set[str]:
    return {one.kind for one in findings}


def test_nothing_is_found_where_all_is_right() -> None:
    model = _model(_made(name='port', region=ONE))
    snapshot = _snapshot(_side('central', _port()), _side(ONE, _port()))

    assert checks.settle(model, snapshot) == []
    assert checks.promises(model, snapshot) == []
    assert checks.places(snapshot) == []
    assert checks.values(snapshot) == []
    assert checks.twice(snapshot) == []


@pytest.mark.parametrize('where', ['central', ONE])
def test_deleted_port_that_is_there(where: str) -> None:
    model = _model(_made(), Removed('p', Outcome.DONE))
    sides = [
        _side(one, *([_port()] if one == where else []))
        for one in ('central', ONE)
    ]

    found = checks.promises(model, _snapshot(*sides))

    assert _kinds(found) == {'deleted and there'}


def test_port_that_is_not_in_central() -> None:
    found = checks.promises(_model(_made()), _snapshot(_side('central')))

    assert _kinds(found) == {'made and not there'}


def test_port_that_is_not_in_its_region() -> None:
    snapshot = _snapshot(_side('central', _port()), _side(ONE))

    found = checks.promises(_model(_made(region=ONE)), snapshot)

    assert _kinds(found) == {'port has another region'}


def test_port_whose_change_was_lost() -> None:
    snapshot = _snapshot(_side('central', _port()))

    found = checks.promises(_model(_made(name='new')), snapshot)

    assert _kinds(found) == {'port has another name'}


def test_port_in_two_regions() -> None:
    central = _side('central', _port())
    snapshot = _snapshot(central, _side(ONE, _port()), _side(TWO, _port()))

    assert _kinds(checks.places(snapshot)) == {'port in two regions'}


def test_shadow_is_not_the_port_itself() -> None:
    shadow = _port(device_owner=seen.SHADOW)
    central = _side('central', _port())
    snapshot = _snapshot(central, _side(ONE, _port()), _side(TWO, shadow))

    assert checks.places(snapshot) == []
    assert checks.shadows(snapshot) == []


def test_shadow_of_what_is_gone() -> None:
    shadow = _port(device_owner=seen.SHADOW)
    snapshot = _snapshot(_side('central'), _side(TWO, shadow))

    assert _kinds(checks.shadows(snapshot)) == {'shadow of nothing'}


def test_port_left_in_a_region() -> None:
    snapshot = _snapshot(_side('central'), _side(ONE, _port()))

    assert _kinds(checks.places(snapshot)) == {'left in a region (port)'}


def test_value_that_did_not_reach_the_region() -> None:
    snapshot = _snapshot(
        _side('central', _port(name='new')), _side(ONE, _port())
    )

    assert _kinds(checks.values(snapshot)) == {
        'port of a region has another name'
    }


def test_address_that_two_ports_have() -> None:
    one = _port('p')
    two = {**_port('q'), 'fixed_ips': one['fixed_ips']}
    snapshot = _snapshot(_side('central', one), _side(ONE, two))

    assert _kinds(checks.twice(snapshot)) == {'address in two places'}


def test_segment_that_two_networks_have() -> None:
    snapshot = _snapshot(
        _side('central', network=[_network('new')]),
        _side(ONE, network=[_network('old')]),
    )

    assert _kinds(checks.twice(snapshot)) == {'segment in two places'}


def test_port_that_nobody_made() -> None:
    snapshot = _snapshot(_side('central', _port('p'), _port('q')))

    found = checks.settle(_model(_made('p')), snapshot)

    assert _kinds(found) == {'nobody made it'}


def test_port_whose_making_had_no_answer_is_taken_in() -> None:
    model = _model(_made('p'), Lost(models.PORT, 'project'))
    snapshot = _snapshot(_side('central', _port('p'), _port('q')))

    assert checks.settle(model, snapshot) == []
    assert [one.id for one in model.there(models.PORT)] == ['p', 'q']


def test_row_that_is_left_is_found_and_a_tombstone_is_not() -> None:
    before = _snapshot(_side('central'))
    after = dataclasses.replace(
        before,
        tables={'reserved_ports': [{'port_id': 'r', 'network_id': 'n'}]},
        ledgers={
            ONE: [
                {
                    'resource_type': 'port',
                    'resource_id': 'p',
                    'state': 'deleted',
                }
            ]
        },
    )

    found = checks.left(before.everything(), after, checks.of_defaults(after))

    assert _kinds(found) == {'reserved_ports is left'}


def _addresses(*addresses: str, **values: Any) -> Json:
    return {
        'id': 'a',
        'name': 'offices',
        'project_id': 'project',
        'addresses': list(addresses),
        **values,
    }


def _rule(**values: Any) -> Json:
    return {
        'id': 'r',
        'security_group_id': 'g',
        'direction': 'ingress',
        'ethertype': 'IPv4',
        'protocol': 'tcp',
        'port_range_min': 1,
        'port_range_max': 2,
        'remote_ip_prefix': None,
        'remote_group_id': None,
        'remote_address_group_id': 'a',
        **values,
    }


def _with_group(name: str, rule: Json, *addresses: Json) -> Side:
    group = {'id': 'g', 'name': 'group', 'tags': [], 'project_id': 'project'}
    return _side(
        name,
        security_group=[group],
        security_group_rule=[rule],
        address_group=list(addresses),
    )


def test_address_group_that_is_the_same_everywhere() -> None:
    snapshot = _snapshot(
        _with_group('central', _rule(), _addresses('x', 'y')),
        _with_group(ONE, _rule(), _addresses('y', 'x')),
    )

    assert checks.values(snapshot) == []
    assert checks.places(snapshot) == []


@pytest.mark.parametrize(
    ('here', 'what'),
    [
        (_addresses('x'), 'addresses'),
        (_addresses('x', 'y', name='old'), 'name'),
    ],
)
def test_address_group_of_a_region_that_missed_a_change(
    here: Json, what: str
) -> None:
    snapshot = _snapshot(
        _with_group('central', _rule(), _addresses('x', 'y')),
        _with_group(ONE, _rule(), here),
    )

    assert _kinds(checks.values(snapshot)) == {
        f'address_group of a region has another {what}'
    }


def test_rule_of_a_region_that_names_no_address_group() -> None:
    snapshot = _snapshot(
        _with_group('central', _rule(), _addresses('x')),
        _with_group(ONE, _rule(remote_address_group_id=None), _addresses('x')),
    )

    assert _kinds(checks.values(snapshot)) == {
        'group of a region has other rules'
    }


def test_address_group_left_in_a_region() -> None:
    snapshot = _snapshot(
        _side('central'), _side(ONE, address_group=[_addresses('x')])
    )

    assert _kinds(checks.places(snapshot)) == {
        'left in a region (address_group)'
    }


@pytest.mark.parametrize(('there', 'kept'), [(('x',), True), ((), False)])
def test_address_that_was_added_is_in_the_group(
    there: tuple[str, ...], kept: bool
) -> None:
    thing = Thing(
        models.ADDRESS_GROUP,
        'a',
        'project',
        {models.holds('x'): frozenset([True])},
    )
    snapshot = _snapshot(_side('central', address_group=[_addresses(*there)]))

    found = checks.promises(_model(Made(thing)), snapshot)

    assert (not found) is kept
