# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks of a region's own that become central's: what the region is asked.

The region says what it has, and makes it central's if it is still that. What
of it changed meanwhile is looked at anew, a few times. See
:mod:`tricircle.db.central.models.adoptions` for the steps.
"""

import json
from typing import Final

from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central.group import reads as groups
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.journal import adoptions
from tricircle.journal import job_ends
from tricircle.journal.job import Job

#: How often a network may change before it is taken over.
MOST_CHANGES: Final = 5
#: Error of a region where something has changed.
_OUTDATED: Final = 'AdoptionOutdated'
#: That of one where it is too early.
_ANNOUNCED: Final = 'AdoptionAnnounced'


def carry_out(client: region_client.RegionClient, job: Job) -> str:
    """Take the steps that the region is asked for.

    :raises region_client.RegionError: the region did not answer, or not to
        this; it is asked again
    """
    done = 'nothing'
    while (step := _read(job.resource_id)) is not None:
        match step.state:
            case AdoptionState.LOOKING:
                _look(client, step)
            case AdoptionState.TAKING_OVER:
                _take_over(client, step)
            case AdoptionState.REPORTING:
                _ask(client, step)
                _go_on(step, AdoptionState.DONE)
            case AdoptionState.GIVING_BACK:
                client.give_back(step.network_id)
                _go_on(step, AdoptionState.REFUSED)
            case _:
                # Central's.
                break
        done = step.state.value
        fault_point.reach('xjob.adoption.step')
    job_ends.remove(job, lambda session: None)
    return done


@sessions.retry
def _read(network_id: str) -> adoptions.Next | None:
    with sessions.reader() as session:
        return adoptions.read(session, network_id)


@sessions.retry
def _go_on(
    step: adoptions.Next, state: AdoptionState, **values: object
) -> None:
    with sessions.writer() as session:
        adoptions.step(session, step, state, **values)


def _ask(client: region_client.RegionClient, step: adoptions.Next) -> None:
    """Have the region make central's what it said that it has."""
    word = step.word or {}
    client.take_over(
        step.network_id,
        word.get('digest', ''),
        _default_group(word['network']['project_id']) if word else None,
    )


@sessions.retry
def _default_group(project_id: str) -> str | None:
    with sessions.reader() as session:
        return groups.default_of(session, project_id)


def _look(client: region_client.RegionClient, step: adoptions.Next) -> None:
    try:
        word = client.own_network(step.network_id)
    except region_client.ReplicaRefused as exc:
        if exc.status != 404:
            raise
        _go_on(step, AdoptionState.REFUSED, reason=str(exc))
        return
    if word['is_central']:
        _go_on(
            step, AdoptionState.REFUSED, reason="it is central's already there"
        )
        return
    _go_on(step, AdoptionState.CHECKING, word=json.dumps(word))


def _take_over(
    client: region_client.RegionClient, step: adoptions.Next
) -> None:
    try:
        _ask(client, step)
    except region_client.ReplicaRefused as exc:
        if exc.status not in (404, 409) or exc.type == _ANNOUNCED:
            raise
        if exc.type == _OUTDATED and step.changes < MOST_CHANGES:
            _go_on(step, AdoptionState.LOOKING, changes=step.changes + 1)
        else:
            _go_on(step, AdoptionState.REFUSED, reason=str(exc))
        return
    fault_point.reach('xjob.adoption.taken_over')
    _go_on(step, AdoptionState.MAKING)
