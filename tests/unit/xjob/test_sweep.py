# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a sweep makes of what is found, and which types it asks for."""

import types as python_types
from typing import Any

import pytest

from tricircle.client import region as region_client
from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.drift import wanted
from tricircle.plan import sweep as sweep_plan
from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.xjob import metrics
from tricircle.xjob.job import sweep


class Region:
    """A region that lists some replicas, and answers for one of them.

    :ivar answer: to a question after any replica; an error is raised
    """

    region_name = 'RegionOne'

    def __init__(self, *listed: str) -> None:
        self.listed = listed
        self.answer: dict[str, Any] | Exception = {}

    def page(self, *args: object) -> list[dict[str, Any]]:
        return [
            {'id': one, 'digest': 'here', 'epoch': 1, 'counter': 3}
            for one in self.listed
        ]

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


Recorded = list[comparing.Window]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """What becomes of differences; central has only port 'b'."""
    found: Recorded = []

    def record(region_name: str, window: comparing.Window) -> None:
        found.append(window)

    monkeypatch.setattr(recording, 'record', record)
    monkeypatch.setattr(
        wanted, 'page', lambda *args: [sweep_plan.Wanted('b', 'wanted')]
    )
    return found


def page(region: Region) -> sweep.Summary:
    summary = sweep.Summary('RegionOne')
    client: Any = region
    for window in comparing.windows(client, [types.PORT]):
        sweep._record('RegionOne', window, summary)
    return summary


def test_what_is_found_is_recorded_and_said(recorded: Recorded) -> None:
    region = Region('a', 'b')
    region.answer = region.page()[0]

    summary = page(region)

    assert [set(one.found) for one in recorded] == [{'a', 'b'}]
    assert summary.found == [
        (types.PORT, 'b', 'differs'),
        (types.PORT, 'a', 'is there and not known of'),
    ]


def test_what_is_compared_and_found_is_told_to_prometheus(
    recorded: Recorded,
) -> None:
    def told(name: str) -> float | None:
        return metrics.REGISTRY.get_sample_value(
            f'tricircle_xjob_{name}_total', {'region': 'RegionOne'}
        )

    metrics.forget('RegionOne')
    region = Region('a', 'b')
    region.answer = region.page()[0]

    page(region)

    assert (told('compared'), told('differences')) == (2, 2)
    metrics.forget('RegionOne')


class Older(Region):
    """A region of a version that has fewer types than central."""

    def __init__(self, *types_: str) -> None:
        super().__init__('b')
        self.types = types_
        self.asked: list[str] = []

    def page(self, *args: object) -> list[dict[str, Any]]:
        self.asked.append(str(args[0]))
        if args[0] not in self.types:
            raise region_client.ReplicaRefused(404, 'HTTPNotFound', '')
        return super().page(*args)


def test_an_older_region_is_swept_for_what_it_has(recorded: Recorded) -> None:
    older = Older(types.NETWORK, types.PORT)
    client: Any = older

    summary = sweep.sweep(client)

    assert summary.complete
    assert sorted(summary.compared) == [types.NETWORK, types.PORT]
    assert older.asked == [one.type for one in kinds.KINDS]


def test_what_serves_no_replicas_at_all_is_not_swept() -> None:
    client: Any = Older()

    with pytest.raises(region_client.ReplicaRefused):
        sweep.sweep(client)


def test_a_sweep_that_was_begun_ends_with_its_page_when_it_is_to_wait(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []
    job: Any = python_types.SimpleNamespace(region_name='RegionOne')
    monkeypatch.setattr(sweep, 'known_regions', lambda: ['RegionOne'])
    monkeypatch.setattr(sweep, '_is_paused', lambda _job: True)
    monkeypatch.setattr(
        sweep.claims, 'put_back', lambda one: left.append(one.region_name)
    )
    client: Any = Region('b')

    said = sweep.carry_out(client, job, 600.0, lambda: True)

    assert said == 'left off'
    assert left == ['RegionOne']
    assert len(recorded) == 1
