# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``.../pause`` of a pod and of a job: an operator has something wait."""

from typing import Any

from oslo_config import cfg
from oslo_context import context as oslo_context
from sqlalchemy import orm

from tricircle.api import audit
from tricircle.api import transactions
from tricircle.api.v1 import jobs
from tricircle.api.v1 import pods
from tricircle.db.central.job import jobs as job_rows
from tricircle.db.central.job import pauses
from tricircle.db.central.models import Pod
from tricircle.journal import claims
from tricircle.journal import wakeup


def pause_pod(
    conf: cfg.ConfigOpts,
    pod_id: str,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Have all wait that is for a region."""
    reason = body['pause'].get('reason')
    answer = pods.run(pauses.pause_region, pods.answer, pod_id, reason)
    _note(f'Region {answer["pod"]["region_name"]} is paused', reason, caller)
    return answer


def resume_pod(
    conf: cfg.ConfigOpts, pod_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Have what waits for a region carried out."""

    def resume(session: orm.Session) -> Pod:
        pod = pauses.resume_region(session, pod_id)
        wakeup.after_commit(session, [pod.region_name])
        return pod

    answer = pods.run(resume, pods.answer)
    region_name = answer['pod']['region_name']
    audit.note(caller, f'Region {region_name} is resumed')
    # What failed before waits for its next try; if this does not come to
    # it, for no longer than that.
    claims.pull_forward(region_name)
    return answer


def pause_job(
    conf: cfg.ConfigOpts,
    job_id: str,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Have one job wait, and what is wanted of it later."""
    reason = body['pause'].get('reason')
    answer = transactions.run(pauses.pause_job, jobs.answer, job_id, reason)
    _note(jobs.named(answer['job'], 'paused'), reason, caller)
    return answer


def resume_job(
    conf: cfg.ConfigOpts, job_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Have a job carried out that was paused."""

    def resume(session: orm.Session) -> job_rows.Job:
        job = pauses.resume_job(session, job_id)
        wakeup.after_commit(session, [job.region_name])
        return job

    answer = transactions.run(resume, jobs.answer)
    audit.note(caller, jobs.named(answer['job'], 'resumed'))
    return answer


def _note(
    what: str, reason: str | None, caller: oslo_context.RequestContext
) -> None:
    audit.note(caller, f'{what} ({reason})' if reason else what)
