# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region adds up what its agents report of their tunnels."""

import pytest

from tests.unit.one_region.region import Region
from tricircle.client import paths
from tricircle.replica import data_path

_PATH = paths.data_path().removeprefix('/v2.0')


def _told(region: Region) -> data_path.Summary:
    answer = region.service.get(_PATH)
    assert answer.status_code == 200, answer.text
    return data_path.read(answer.json()['data_path'])


def test_what_agents_report_is_added_up(region: Region) -> None:
    before = _told(region)
    region.hosts.add(
        'probing',
        '192.0.2.7',
        **{data_path.KEY: {'up': 3, 'down': 1, 'silent': 0, 'unasked': 2}},
    )

    found = _told(region)

    assert found.hosts == before.hosts + 1
    assert found.mute == before.mute
    assert (found.up, found.down, found.unasked) == (
        before.up + 3,
        before.down + 1,
        before.unasked + 2,
    )


def test_hosts_of_other_regions_are_none_of_its_own(region: Region) -> None:
    before = _told(region)
    region.hosts.add('far', '192.0.2.8', tricircle_region='RegionTwo')

    assert _told(region) == before


def test_a_tenant_is_not_told(region: Region, fresh_project: str) -> None:
    assert region.client(fresh_project).get(_PATH).status_code == 403


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE'])
def test_there_is_nothing_to_change(region: Region, method: str) -> None:
    answer = region.service.request(method, _PATH)

    assert answer.status_code in {404, 405}
