# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import contextlib

import pytest

from tricircle.client import region
from tricircle.conf import durations
from tricircle.xjob import asking_central

FAILED = region.ReplicaRefused(409, 'IpAddressGenerationFailure', 'it is full')


@pytest.fixture
def turns():
    return asking_central.Turns(at_a_time=2)


def take(turns, resource='network n', where='RegionOne', first=1000.0):
    return turns.take(resource, where, first, 1000.0)


def fail(turns, resource='network n', error=FAILED):
    with contextlib.suppress(region.RegionError), take(turns, resource):
        raise error


def test_a_resource_is_asked_for_once_at_a_time(turns):
    with (
        take(turns),
        pytest.raises(asking_central.NotNow, match='is being asked'),
        take(turns),
    ):
        pass


def test_it_is_asked_for_again_when_that_has_ended(turns):
    for _ in range(3):
        with take(turns):
            pass


def test_few_are_asked_for_in_a_region_at_a_time(turns):
    with take(turns, 'network 1'), take(turns, 'network 2'):
        with (
            pytest.raises(asking_central.NotNow, match='2 others'),
            take(turns, 'network 3'),
        ):
            pass
        with take(turns, 'network 3', 'RegionTwo'):
            pass


def test_what_failed_is_left_alone_and_says_why(turns):
    fail(turns)
    with pytest.raises(asking_central.NotNow, match='it is full') as raised:
        take(turns).__enter__()
    assert 0 < raised.value.delay <= durations.CENTRAL_ASKED_AGAIN


def test_others_are_asked_for_meanwhile(turns):
    fail(turns)
    with take(turns, 'network other'):
        pass


def test_an_error_of_xjobs_own_is_no_failure_of_central(turns):
    with contextlib.suppress(ValueError), take(turns):
        raise ValueError
    with take(turns):
        pass


def test_pauses_grow(turns, monkeypatch):
    asked = []
    monkeypatch.setattr(
        asking_central.back_off,
        'seconds',
        lambda attempts, first, longest: asked.append(attempts) or 0.0,
    )
    for _ in range(4):
        fail(turns)
    assert asked == [0, 1, 2, 3]


def test_a_success_is_forgotten_about(turns, monkeypatch):
    asked = []
    monkeypatch.setattr(
        asking_central.back_off,
        'seconds',
        lambda attempts, first, longest: asked.append(attempts) or 0.0,
    )
    fail(turns)
    with take(turns):
        pass
    fail(turns)
    assert asked == [0, 0]


def test_a_central_without_room_says_how_long(turns, monkeypatch):
    monkeypatch.setattr(asking_central.back_off, 'seconds', lambda *args: 0.0)
    fail(turns, error=region.CentralBusy(503, 'CentralBusy', 'no', 30.0))
    with pytest.raises(asking_central.NotNow) as raised:
        take(turns).__enter__()
    assert 29 < raised.value.delay <= 30
