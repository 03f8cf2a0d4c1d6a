# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A region that joins is noticed, whatever XJob does at that time."""

import uuid

import pytest

from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.journal import router_intents
from tricircle.journal import sweep as journal_sweep
from tricircle.xjob.job import router_plans


@pytest.fixture(autouse=True)
def planned(journal: None, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Plans of all routers that are asked for."""
    asked: list[object] = []
    monkeypatch.setattr(router_intents, 'record_all', asked.append)
    with sessions.writer() as session:
        central_models.ResourceRouting.__table__.create(session.get_bind())
    return asked


def joins(name: str = 'RegionOne') -> str:
    """Have a region join that has something already; return its pod's ID."""
    pod_id = str(uuid.uuid4())
    with sessions.writer() as session:
        session.add(
            central_models.Pod(pod_id=pod_id, region_name=name, az_name='az')
        )
        session.flush()
        session.add(
            central_models.ResourceRouting(
                top_id='n',
                bottom_id='n',
                pod_id=pod_id,
                project_id='p',
                resource_type='network',
            )
        )
    return pod_id


def leaves(pod_id: str) -> None:
    with sessions.writer() as session:
        for model in (central_models.ResourceRouting, central_models.Pod):
            session.query(model).filter_by(pod_id=pod_id).delete()


def test_a_region_that_leaves_and_joins_between_two_looks_is_new(
    planned: list[object],
) -> None:
    first = joins()
    arrivals = router_plans.Arrivals(are_swept=False)
    arrivals.look()
    leaves(first)
    joins()

    arrivals.look()

    assert arrivals.new == {'RegionOne'}
    assert len(planned) == 1


def test_a_region_that_stays_is_new_once() -> None:
    joins()
    arrivals = router_plans.Arrivals(are_swept=False)
    joins('RegionTwo')
    arrivals.look()
    arrivals.look()

    assert arrivals.new == set()


def test_a_region_that_got_something_while_nobody_looked_is_new() -> None:
    joins()
    arrivals = router_plans.Arrivals(are_swept=True)

    arrivals.look()

    assert arrivals.new == {'RegionOne'}


def test_one_whose_sweep_is_planned_is_not_new_to_another_process() -> None:
    joins()
    with sessions.writer() as session:
        journal_sweep.plan(session, ['RegionOne'], 0.0)
    arrivals = router_plans.Arrivals(are_swept=True)

    arrivals.look()

    assert arrivals.new == set()
