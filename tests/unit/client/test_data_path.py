# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region is asked how its tunnels are."""

from typing import Any

from requests_mock import ANY

from tricircle.client import region


def test_it_is_returned_as_it_was_said(
    requests_mock: Any, region_client: region.RegionClient
) -> None:
    requests_mock.get(ANY, json={'data_path': {'up': 3}})

    assert region_client.data_path() == {'up': 3}
    assert requests_mock.last_request.path == '/v2.0/replicas/data-path'
