# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What XJob makes of what a region answers when asked what it runs."""

from typing import Any

import pytest
from requests_mock import ANY

from tricircle.client import region

_SAID = {'version': '9.0.0', 'document_schema': 1, 'extensions': []}


def test_it_is_returned_as_it_was_said(
    requests_mock: Any, region_client: region.RegionClient
) -> None:
    requests_mock.get(ANY, json={'release': _SAID})

    assert region_client.release() == _SAID
    assert requests_mock.last_request.path == '/v2.0/replicas/release'


def test_an_answer_without_it_says_nothing(
    requests_mock: Any, region_client: region.RegionClient
) -> None:
    requests_mock.get(ANY, json={'releases': []})

    assert region_client.release() is None


@pytest.mark.parametrize('body', ['[1]', '7', '"text"', '<html>', 'null'])
def test_what_is_no_object_is_no_answer(
    requests_mock: Any, region_client: region.RegionClient, body: str
) -> None:
    requests_mock.get(ANY, text=body)

    with pytest.raises(region.RegionUnreachable, match='no JSON object'):
        region_client.release()


def test_a_region_of_a_release_before_refuses_with_404(
    requests_mock: Any, region_client: region.RegionClient
) -> None:
    requests_mock.get(ANY, status_code=404, text='<html>')

    with pytest.raises(region.ReplicaRefused) as raised:
        region_client.release()

    assert raised.value.status == 404
