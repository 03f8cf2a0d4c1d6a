# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/jobs``: what is being done for regions, and what fails."""

from typing import Any, Final

from oslo_config import cfg
from oslo_context import context as oslo_context
from sqlalchemy import orm

from tricircle.api import audit
from tricircle.api import faults
from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import transactions
from tricircle.db.central.job import changes as job_changes
from tricircle.db.central.job import jobs
from tricircle.db.central.pod import pods
from tricircle.plan import jobs as plan
from tricircle.replica import border
from tricircle.replica import redaction

#: What a list shows; ``detail`` and a job by itself show the rest.
BRIEF: Final = (
    'id',
    'project_id',
    'type',
    'status',
    'timestamp',
    'resource',
    'region_name',
)
_FILTERS: Final[dict[str, listing.Reader]] = {
    **dict.fromkeys(jobs.FILTERS, listing.as_it_is),
    'type': listing.one_of(plan.NAMES),
    'status': listing.one_of(
        [one.value for one in jobs.Status], as_written=str.upper
    ),
    'min_age': listing.seconds,
    'max_age': listing.seconds,
}
#: Of a journal whose central is not named, see [client] top_region_name.
_UNNAMED: Final = 'central'


def _shown(job: jobs.Job, project_id: str | None = None) -> dict[str, Any]:
    """Return a job as the API shows it.

    :param project_id: of who asks, None for who may see all: a project is
        not told where regions are, nor the IDs of others
    """
    reason = job.reason
    if reason is not None and project_id is not None:
        reason = redaction.for_tenants(reason, job.resource_id)
    return {
        'id': job.id,
        'project_id': job.project_id,
        'type': job.type,
        'status': job.status.value,
        'timestamp': moments.shown(job.timestamp),
        'resource': plan.resource(job.type, job.resource_id, job.pod_id),
        'region_name': job.region_name,
        'reason': reason,
        'priority': job.priority.name.lower(),
        'attempts': job.attempts,
        'next_try_at': moments.shown(job.next_try_at),
        'wanted_at': moments.shown(job.wanted_at),
        'age': None if job.age is None else round(job.age),
        'counter': job.counter,
        'applied': job.applied,
        'omitted': list(job.omitted),
        'created_at': moments.shown(job.created_at),
        'paused_at': moments.shown(job.paused_at),
        'pause_reason': job.pause_reason if project_id is None else None,
    }


def answer(job: jobs.Job) -> dict[str, Any]:
    """Return the answer that a job is, for an administrator."""
    return {'job': _shown(job)}


def _list(
    conf: cfg.ConfigOpts,
    query: Any,
    project_id: str | None,
    path: str,
    fields: tuple[str, ...],
) -> dict[str, Any]:
    asked = listing.read(
        query, conf.pagination_max_limit, _FILTERS, jobs.SORTS
    )
    order = jobs.Order(
        asked.sort_key or 'timestamp', asked.descending, asked.marker
    )

    def shown(job: jobs.Job) -> dict[str, Any]:
        found = _shown(job, project_id)
        return {key: found[key] for key in fields or found}

    return listing.answer(path, asked, jobs.find, shown, project_id, order)


def index(
    conf: cfg.ConfigOpts, query: Any, project_id: str | None
) -> dict[str, Any]:
    """List jobs.

    :param project_id: whose jobs the caller may see, None for all
    """
    return _list(conf, query, project_id, '/v1.0/jobs', BRIEF)


def detail(
    conf: cfg.ConfigOpts, query: Any, project_id: str | None
) -> dict[str, Any]:
    """List jobs with all that is known of them."""
    return _list(conf, query, project_id, '/v1.0/jobs/detail', ())


def schemas(conf: cfg.ConfigOpts) -> dict[str, Any]:
    """Tell the types of jobs, and the parts of their resources."""
    return {
        'schemas': [
            {'type': one, 'resource': list(names)}
            for one, names in plan.NAMES.items()
        ]
    }


def show(
    conf: cfg.ConfigOpts, job_id: str, project_id: str | None
) -> dict[str, Any]:
    """Show a job."""
    return transactions.run(
        jobs.get,
        lambda job: {'job': _shown(job, project_id)},
        job_id,
        project_id,
        writes=False,
    )


def create(
    conf: cfg.ConfigOpts,
    body: dict[str, Any],
    caller: oslo_context.RequestContext,
) -> dict[str, Any]:
    """Have a region told of a resource, or swept, by hand."""
    wanted = body['job']
    job_type, parts = wanted['type'], wanted['resource']

    def make(session: orm.Session) -> jobs.Job:
        # Of what is for central itself.
        region_name = conf.client.top_region_name or _UNNAMED
        if plan.POD in plan.NAMES[job_type] and plan.POD in parts:
            region_name = _region(session, parts[plan.POD])
        try:
            resource_id = plan.resource_id(job_type, parts, region_name)
        except plan.NoResource as exc:
            raise faults.Fault(400, f'job.resource: {exc}') from exc
        return job_changes.create(
            session,
            job_type,
            resource_id,
            region_name,
            wanted.get('project_id'),
        )

    made = transactions.run(make, answer)
    _note('made', made['job'], caller)
    return made


def _region(session: orm.Session, pod_id: str) -> str:
    try:
        return pods.get(session, pod_id).region_name
    except pods.PodNotFound as exc:
        raise faults.Fault(
            400, f'job.resource: {border.shortened(pod_id)} is no pod'
        ) from exc


def redo(
    conf: cfg.ConfigOpts, job_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Have a job done now."""
    found = transactions.run(job_changes.redo, answer, job_id)
    _note('to be done again', found['job'], caller)
    return found


def end(
    conf: cfg.ConfigOpts, job_id: str, caller: oslo_context.RequestContext
) -> dict[str, Any]:
    """Have a job tried no more."""
    _note(
        'ended',
        transactions.run(job_changes.end, answer, job_id)['job'],
        caller,
    )
    return {}


def _note(
    what: str, job: dict[str, Any], caller: oslo_context.RequestContext
) -> None:
    audit.note(caller, named(job, what))


def named(job: dict[str, Any], what: str) -> str:
    """Return what the log says of a job, as the API shows it.

    :param what: became of it
    """
    parts = ', '.join(f'{key} {one}' for key, one in job['resource'].items())
    return (
        f'Job {job["id"]}, {job["type"]} in {job["region_name"]} ({parts}), '
        f'is {what}'
    )
