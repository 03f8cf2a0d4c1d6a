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

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import leftovers
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Side
from tests.functional.stateful.model import Lost
from tests.functional.stateful.model import Made
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Removed
from tests.functional.stateful.model import Thing
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import model_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import port
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot
from tests.unit.stateful.snapshots import TWO


def _network(id_: str = 'n', segment: int = 1, **values: Any) -> Json:
    return {
        'id': id_,
        'name': 'net',
        'tags': [],
        'subnets': [],
        'qos_policy_id': None,
        'dns_name': '',
        'project_id': 'project',
        'provider:network_type': 'vxlan',
        'provider:segmentation_id': segment,
        **values,
    }


def _made(id_: str = 'p', **fields: object) -> Made:
    values = {key: frozenset([value]) for key, value in fields.items()}
    return Made(Thing(models.PORT, id_, 'project', values, network='n'))


def test_nothing_is_found_where_all_is_right() -> None:
    model = model_of(_made(name='port', region=ONE))
    shown = snapshot(side('central', port()), side(ONE, port()))

    assert checks.settle(model, shown) == []
    assert checks.promises(model, shown) == []
    assert checks.places(shown) == []
    assert checks.values(shown) == []
    assert checks.twice(shown) == []


@pytest.mark.parametrize('where', ['central', ONE])
def test_deleted_port_that_is_there(where: str) -> None:
    model = model_of(_made(), Removed('p', Outcome.DONE))
    sides = [
        side(one, *([port()] if one == where else []))
        for one in ('central', ONE)
    ]

    found = checks.promises(model, snapshot(*sides))

    assert kinds_of(found) == {'deleted and there'}


def test_port_that_is_not_in_central() -> None:
    found = checks.promises(model_of(_made()), snapshot(side('central')))

    assert kinds_of(found) == {'made and not there'}


def test_port_that_is_not_in_its_region() -> None:
    shown = snapshot(side('central', port()), side(ONE))

    found = checks.promises(model_of(_made(region=ONE)), shown)

    assert kinds_of(found) == {'port has another region'}


def test_port_whose_change_was_lost() -> None:
    shown = snapshot(side('central', port()))

    found = checks.promises(model_of(_made(name='new')), shown)

    assert kinds_of(found) == {'port has another name'}


def test_port_in_two_regions() -> None:
    central = side('central', port())
    shown = snapshot(central, side(ONE, port()), side(TWO, port()))

    assert kinds_of(checks.places(shown)) == {'port in two regions'}


def test_shadow_is_not_the_port_itself() -> None:
    shadow = port(device_owner=seen.SHADOW)
    central = side('central', port())
    shown = snapshot(central, side(ONE, port()), side(TWO, shadow))

    assert checks.places(shown) == []
    assert checks.shadows(shown) == []


def test_shadow_of_what_is_gone() -> None:
    shadow = port(device_owner=seen.SHADOW)
    shown = snapshot(side('central'), side(TWO, shadow))

    assert kinds_of(checks.shadows(shown)) == {'shadow of nothing'}


def test_port_left_in_a_region() -> None:
    shown = snapshot(side('central'), side(ONE, port()))

    assert kinds_of(checks.places(shown)) == {'left in a region (port)'}


def test_value_that_did_not_reach_the_region() -> None:
    shown = snapshot(side('central', port(name='new')), side(ONE, port()))

    assert kinds_of(checks.values(shown)) == {
        'port of a region has another name'
    }


def test_address_that_two_ports_have() -> None:
    one = port('p')
    two = {**port('q'), 'fixed_ips': one['fixed_ips']}
    shown = snapshot(side('central', one), side(ONE, two))

    assert kinds_of(checks.twice(shown)) == {'address in two places'}


def test_segment_that_two_networks_have() -> None:
    shown = snapshot(
        side('central', network=[_network('new')]),
        side(ONE, network=[_network('old')]),
    )

    assert kinds_of(checks.twice(shown)) == {'segment in two places'}


def test_port_that_nobody_made() -> None:
    shown = snapshot(side('central', port('p'), port('q')))

    found = checks.settle(model_of(_made('p')), shown)

    assert kinds_of(found) == {'nobody made it'}


def test_port_whose_making_had_no_answer_is_taken_in() -> None:
    model = model_of(_made('p'), Lost(models.PORT, 'project'))
    shown = snapshot(side('central', port('p'), port('q')))

    assert checks.settle(model, shown) == []
    assert [one.id for one in model.there(models.PORT)] == ['p', 'q']


def test_row_that_is_left_is_found_and_a_tombstone_is_not() -> None:
    before = snapshot(side('central'))
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

    found = leftovers.left(
        before.everything(), after, leftovers.of_defaults(after)
    )

    assert kinds_of(found) == {'reserved_ports is left'}


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
    return side(
        name,
        security_group=[group],
        security_group_rule=[rule],
        address_group=list(addresses),
    )


def test_address_group_that_is_the_same_everywhere() -> None:
    shown = snapshot(
        _with_group('central', _rule(), _addresses('x', 'y')),
        _with_group(ONE, _rule(), _addresses('y', 'x')),
    )

    assert checks.values(shown) == []
    assert checks.places(shown) == []


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
    shown = snapshot(
        _with_group('central', _rule(), _addresses('x', 'y')),
        _with_group(ONE, _rule(), here),
    )

    assert kinds_of(checks.values(shown)) == {
        f'address_group of a region has another {what}'
    }


def test_rule_of_a_region_that_names_no_address_group() -> None:
    shown = snapshot(
        _with_group('central', _rule(), _addresses('x')),
        _with_group(ONE, _rule(remote_address_group_id=None), _addresses('x')),
    )

    assert kinds_of(checks.values(shown)) == {
        'group of a region has other rules'
    }


def test_address_group_left_in_a_region() -> None:
    shown = snapshot(
        side('central'), side(ONE, address_group=[_addresses('x')])
    )

    assert kinds_of(checks.places(shown)) == {
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
    shown = snapshot(side('central', address_group=[_addresses(*there)]))

    found = checks.promises(model_of(Made(thing)), shown)

    assert (not found) is kept


def _pool(*prefixes: str) -> Json:
    return {
        'id': 'pool',
        'name': 'pool',
        'project_id': 'project',
        'prefixes': list(prefixes),
        'address_scope_id': 'scope',
    }


def _scope(name: str) -> Json:
    return {
        'id': 'scope',
        'name': name,
        'project_id': 'project',
        'ip_version': 4,
    }


def _with_pool(where: str, prefix: str, scope: str) -> Side:
    return side(
        where, subnetpool=[_pool(prefix)], address_scope=[_scope(scope)]
    )


@pytest.mark.parametrize(
    ('prefix', 'scope', 'kinds'),
    [
        ('x', 'scope', set()),
        ('y', 'scope', {'subnetpool of a region has another prefixes'}),
        ('x', 'old', {'address_scope of a region has another name'}),
    ],
)
def test_pool_of_a_region_that_missed_a_change(
    prefix: str, scope: str, kinds: set[str]
) -> None:
    shown = snapshot(
        _with_pool('central', 'x', 'scope'), _with_pool(ONE, prefix, scope)
    )

    assert kinds_of(checks.values(shown)) == kinds


def test_pool_left_in_a_region() -> None:
    shown = snapshot(side('central'), _with_pool(ONE, 'x', 'scope'))

    assert kinds_of(checks.places(shown)) == {
        'left in a region (subnetpool)',
        'left in a region (address_scope)',
    }


@pytest.mark.parametrize(
    ('kind', 'shown', 'parent', 'network'),
    [
        (models.SUBNET, {'network_id': 'n'}, 'n', 'n'),
        (models.TRUNK, {'port_id': 'p'}, 'p', None),
        (models.FORWARDING, {'floatingip_id': 'f'}, 'f', None),
        (models.SHARE, {'object_id': 'n'}, 'n', 'n'),
    ],
)
def test_what_was_made_without_an_answer_goes_with_what_has_it(
    kind: str, shown: Json, parent: str, network: str | None
) -> None:
    model = model_of(_made('p'), Lost(kind, 'project'))
    central = side(
        'central',
        port(),
        **{kind: [{'id': 'x', 'project_id': 'project', **shown}]},
    )

    assert checks.settle(model, snapshot(central)) == []

    assert model.things['x'].parent == parent
    assert model.things['x'].network == network


def test_group_that_a_region_has_under_another_id_is_the_same() -> None:
    shown = snapshot(
        side('central', port(security_groups=['g'])),
        side(ONE, port(security_groups=['own'])),
    )
    row = {
        'resource_type': 'security-group',
        'resource_id': 'g',
        'local_id': 'own',
    }

    assert (
        checks.values(dataclasses.replace(shown, ledgers={ONE: [row]})) == []
    )
    assert kinds_of(checks.values(shown)) == {
        'port of a region has another security_groups'
    }
