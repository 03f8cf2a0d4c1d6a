# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A central that has no room answers 503 and says when to come again."""

import uuid

import pytest
from requests_mock import ANY

from tricircle.client import central_errors
from tricircle.client import central_requests
from tricircle.client import region
from tricircle.replica import messages
from tricircle.replica import types

PORT = str(uuid.uuid4())
NETWORK = str(uuid.uuid4())
BUSY = {
    'status_code': 503,
    'headers': {'Retry-After': '2'},
    'json': {'NeutronError': {'type': messages.BUSY, 'message': 'no room'}},
}
GONE = {'status_code': 204}


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """Pauses, which are not made."""
    made: list[float] = []
    monkeypatch.setattr(central_requests.time, 'sleep', made.append)
    return made


def test_a_region_comes_again_when_central_says_so(
    requests_mock, central_client, slept
):
    requests_mock.delete(ANY, [BUSY, BUSY, GONE])

    central_client.deleted(PORT, 'RegionOne', timeout=60)

    assert requests_mock.call_count == 3
    assert all(2 <= pause <= 3 for pause in slept)


def test_it_does_not_when_the_time_is_too_short(
    requests_mock, central_client, slept
):
    requests_mock.put(ANY, **BUSY)
    pull = messages.PullBody(project_id='p', is_admin=False, dhcp_agents=1)

    with pytest.raises(central_errors.CentralError) as raised:
        central_client.pull(
            types.NETWORK, NETWORK, 'RegionOne', pull, timeout=1
        )

    assert (raised.value.status, raised.value.type) == (503, messages.BUSY)
    assert slept == []


def test_a_central_without_room_is_not_away(
    requests_mock, central_client, slept
):
    requests_mock.delete(ANY, **BUSY)
    for _ in range(5):
        with pytest.raises(central_errors.CentralError, match='no room'):
            central_client.deleted(PORT, 'RegionOne', timeout=1)
    assert central_client.breaker.refusal() is None


def test_xjob_is_told_when_to_come_again(requests_mock, xjob_to_central):
    requests_mock.put(ANY, **BUSY)
    with pytest.raises(region.CentralBusy) as raised:
        xjob_to_central.reserve(NETWORK, 'RegionOne')
    assert raised.value.retry_after == 2


def test_xjob_says_that_nobody_waits_for_it(requests_mock, xjob_to_central):
    requests_mock.put(ANY, json={'replica': {'gone': False}})
    xjob_to_central.reserve(NETWORK, 'RegionOne')
    assert all(
        messages.BACKGROUND_HEADER in one.headers
        for one in requests_mock.request_history
    )
