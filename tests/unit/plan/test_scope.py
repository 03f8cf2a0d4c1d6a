# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import string

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tricircle.plan import scope

CENTRAL = scope.Region('CentralRegion', '')
POD_1 = scope.Region('pod_1', 'az_name_1')
POD_2 = scope.Region('pod_2', 'az_name_2')
POD_4 = scope.Region('pod_4', 'az_name_2')
PODS = [CENTRAL, POD_1, POD_2, POD_4]

# Few letters, so that names of regions and zones often coincide.
NAMES = st.text(string.ascii_lowercase[:4], min_size=1, max_size=2)


@st.composite
def pods(draw):
    names = draw(st.lists(NAMES, unique=True, max_size=6))
    return [
        scope.Region(name, draw(st.one_of(st.just(''), NAMES)))
        for name in names
    ]


HINTS = st.lists(NAMES, max_size=4)


@pytest.mark.parametrize(
    ('hints', 'expected'),
    [
        ([], {'pod_1', 'pod_2', 'pod_4'}),
        (['pod_1'], {'pod_1'}),
        (['az_name_2'], {'pod_2', 'pod_4'}),
        (['pod_1', 'az_name_2'], {'pod_1', 'pod_2', 'pod_4'}),
        (['CentralRegion'], set()),
        (['nowhere'], set()),
        (['nowhere', 'pod_2'], {'pod_2'}),
    ],
)
def test_regions_of(hints, expected):
    assert scope.regions_of(hints, PODS) == expected


def test_name_of_region_and_of_zone_means_the_region():
    regions = [scope.Region('one', 'two'), scope.Region('two', 'three')]

    assert scope.regions_of(['two'], regions) == {'two'}


def test_pod_added_to_a_zone_later_is_in_scope():
    before = scope.regions_of(['az_name_1'], PODS)

    after = scope.regions_of(
        ['az_name_1'], [*PODS, scope.Region('pod_9', 'az_name_1')]
    )

    assert after - before == {'pod_9'}


@pytest.mark.parametrize(
    ('hints', 'expected'),
    [
        ([], []),
        (['pod_1', 'az_name_2'], []),
        (['x', 'pod_1', 'y'], ['x', 'y']),
        (['CentralRegion'], ['CentralRegion']),
        ([''], ['']),
    ],
)
def test_unknown_hints(hints, expected):
    assert scope.unknown_hints(hints, PODS) == expected


@pytest.mark.parametrize(
    ('network_type', 'hints', 'expected'),
    [
        ('local', [], True),
        ('local', ['az_name_2'], True),
        ('vlan', [], False),
        ('vxlan', ['pod_1'], True),
        ('vxlan', ['pod_1', 'pod_1'], True),
        ('vxlan', ['pod_1', 'pod_2'], False),
        # One region today, perhaps two tomorrow.
        ('vxlan', ['az_name_1'], False),
        ('vxlan', ['CentralRegion'], False),
        (None, ['pod_1'], True),
    ],
)
def test_is_local(network_type, hints, expected):
    assert scope.is_local(network_type, hints, PODS) is expected


@pytest.mark.parametrize(
    ('hints', 'expected'),
    [
        (['pod_1'], 'pod_1'),
        (['az_name_1'], 'pod_1'),
        (['az_name_1', 'pod_1'], 'pod_1'),
        (['az_name_2'], None),
        ([], None),
        (['nowhere'], None),
    ],
)
def test_single_region(hints, expected):
    assert scope.single_region(hints, PODS) == expected


def test_zones_of_regions_are_sorted_and_unique():
    found = scope.zones_of(['pod_4', 'pod_2', 'pod_1', 'gone'], PODS)

    assert found == ['az_name_1', 'az_name_2']


def test_all_zones_leaves_central_out():
    assert scope.all_zones(PODS) == ['az_name_1', 'az_name_2']


@given(HINTS, pods())
def test_central_is_in_no_scope(hints, regions):
    central = {one.region_name for one in regions if not one.az_name}

    assert not scope.regions_of(hints, regions) & central


@given(HINTS, pods())
def test_scope_is_within_what_no_hint_gives(hints, regions):
    assert scope.regions_of(hints, regions) <= scope.regions_of([], regions)


@given(st.lists(NAMES, min_size=1), st.lists(NAMES, min_size=1), pods())
def test_hints_add_up(first, second, regions):
    assert scope.regions_of(first + second, regions) == (
        scope.regions_of(first, regions) | scope.regions_of(second, regions)
    )


@given(HINTS, pods(), st.randoms())
def test_order_of_hints_and_pods_means_nothing(hints, regions, random):
    expected = scope.regions_of(hints, regions)
    random.shuffle(hints)
    random.shuffle(regions)

    assert scope.regions_of(hints, regions) == expected


@given(st.lists(NAMES, min_size=1), pods())
def test_hints_are_unknown_exactly_when_they_name_no_region(hints, regions):
    unknown = scope.unknown_hints(hints, regions)

    assert all(not scope.regions_of([one], regions) for one in unknown)
    assert all(
        scope.regions_of([one], regions) for one in hints if one not in unknown
    )


@given(st.sampled_from(['vlan', 'vxlan', 'flat']), HINTS, pods())
def test_local_network_of_a_shared_type_has_one_region(
    network_type, hints, regions
):
    if scope.is_local(network_type, hints, regions):
        assert len(scope.regions_of(hints, regions)) == 1


@given(HINTS, pods(), NAMES, NAMES)
def test_local_network_stays_local_when_a_pod_joins(
    hints, regions, name, zone
):
    # A region name that is taken cannot join.
    names = {one.region_name for one in regions}
    before = scope.is_local('vlan', hints, regions)

    if before and name not in names:
        assert scope.is_local(
            'vlan', hints, [*regions, scope.Region(name, zone)]
        )
