# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import pytest

from tricircle.plan import scope
from tricircle.plan.router import location as router_location

#: pod_1 in az_name_1, pod_2 and pod_4 in az_name_2, and central.
REGIONS = [
    scope.Region('Central', ''),
    scope.Region('pod_1', 'az_name_1'),
    scope.Region('pod_2', 'az_name_2'),
    scope.Region('pod_4', 'az_name_2'),
]


@pytest.mark.parametrize(
    ('router', 'network'),
    [
        (['pod_1'], ['pod_1', 'az_name_2']),
        (['pod_1'], []),
        (['pod_1'], ['pod_1']),
        ([], []),
        ([], ['pod_1']),
        ([], ['az_name_1', 'pod_2']),
        (['az_name_2'], ['az_name_2']),
        (['az_name_2'], ['pod_4']),
        (['pod_1', 'az_name_2'], ['az_name_2']),
    ],
)
def test_places_that_match(router: list[str], network: list[str]) -> None:
    assert router_location.mismatch(router, network, REGIONS) is None


@pytest.mark.parametrize(
    ('router', 'network', 'named'),
    [
        (['pod_1'], ['pod_2'], 'pod_2'),
        (['pod_1'], ['az_name_2'], 'pod_2, pod_4'),
        (['az_name_1'], ['az_name_1', 'pod_2'], 'also in pod_2'),
        (['az_name_2'], [], 'all regions'),
        (['pod_1', 'pod_2'], [], 'all regions'),
        (['pod_2', 'pod_1'], ['az_name_2'], 'also in pod_4'),
    ],
)
def test_places_that_do_not_match(
    router: list[str], network: list[str], named: str
) -> None:
    reason = router_location.mismatch(router, network, REGIONS)

    assert reason is not None
    assert named in reason


@pytest.mark.parametrize(
    ('hints', 'region'),
    [
        (['pod_1'], 'pod_1'),
        (['az_name_1'], None),
        (['pod_1', 'pod_2'], None),
        ([], None),
        (['Central'], None),
    ],
)
def test_a_router_is_local_when_its_only_hint_is_a_region(
    hints: list[str], region: str | None
) -> None:
    assert router_location.region_of_local(hints, REGIONS) == region
