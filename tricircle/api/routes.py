# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What there is in the Admin API: paths, methods, and in what form."""

from collections.abc import Callable, Mapping
import dataclasses
import re
from typing import Any, Final

from tricircle.api import adoptions
from tricircle.api import bindings
from tricircle.api import clashes
from tricircle.api import departures
from tricircle.api import drift_schemas
from tricircle.api import drifts
from tricircle.api import job_schemas
from tricircle.api import jobs
from tricircle.api import pauses
from tricircle.api import pods
from tricircle.api import releases
from tricircle.api import routing_schemas
from tricircle.api import routings
from tricircle.api import schemas
from tricircle.api import statuses
from tricircle.api import topology

_PARAMETER: Final = re.compile(r'\(\?P<(\w+)>[^)]*\)')


@dataclasses.dataclass(frozen=True)
class Action:
    """What happens for a method of a path.

    :ivar rule: policy rule that must hold
    :ivar request: schema of the body, None when there is none
    :ivar answer: schema of the answer
    :ivar query: schemas of what may be in a query, by name; None when nothing
        may
    :ivar all_projects: policy rule for seeing what is of all projects; who
        may not sees what is of the own one. '' where nothing is of any
    """

    function: Callable[..., dict[str, Any]]
    rule: str
    request: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    query: Mapping[str, Any] | None = None
    all_projects: str = ''
    takes_caller: bool = False


_ADOPTIONS = 'admin_api:adoptions:'
_BINDINGS = 'admin_api:bindings:'
_DRIFTS = 'admin_api:drifts:'
_PODS = 'admin_api:pods:'
_JOBS = 'admin_api:jobs:'
_RELEASES = 'admin_api:releases:'
_ROUTINGS = 'admin_api:routings:'
_STATUSES = 'admin_api:statuses:'
_TOPOLOGY = 'admin_api:topology:'
ROUTES: Final[dict[str, dict[str, Action]]] = {
    r'/v1\.0/pods': {
        'GET': Action(
            pods.index,
            f'{_PODS}list',
            answer=schemas.PODS,
            query=schemas.QUERY,
        ),
        'POST': Action(
            pods.create, f'{_PODS}create', schemas.CREATE, schemas.POD
        ),
    },
    r'/v1\.0/pods/(?P<pod_id>[^/]+)': {
        'GET': Action(pods.show, f'{_PODS}show', answer=schemas.POD),
        'PUT': Action(
            pods.update, f'{_PODS}update', schemas.UPDATE, schemas.POD
        ),
        'DELETE': Action(pods.delete, f'{_PODS}delete'),
    },
    r'/v1\.0/pods/(?P<pod_id>[^/]+)/departure': {
        'GET': Action(
            departures.show, f'{_PODS}departure', answer=schemas.DEPARTURE
        ),
        'PUT': Action(
            departures.begin,
            f'{_PODS}delete',
            schemas.DEPART,
            schemas.DEPARTURE,
        ),
        'DELETE': Action(
            departures.stop, f'{_PODS}delete', answer=schemas.DEPARTURE
        ),
    },
    r'/v1\.0/pods/(?P<pod_id>[^/]+)/pause': {
        'PUT': Action(
            pauses.pause_pod,
            f'{_PODS}pause',
            schemas.PAUSES,
            schemas.POD,
            takes_caller=True,
        ),
        'DELETE': Action(
            pauses.resume_pod,
            f'{_PODS}pause',
            answer=schemas.POD,
            takes_caller=True,
        ),
    },
    r'/v1\.0/bindings': {
        'GET': Action(
            bindings.index,
            f'{_BINDINGS}list',
            answer=bindings.BINDINGS,
            query=bindings.QUERY,
            all_projects=f'{_BINDINGS}all_projects',
        ),
        'POST': Action(
            bindings.create,
            f'{_BINDINGS}create',
            bindings.CREATE,
            bindings.BINDING,
            takes_caller=True,
        ),
    },
    r'/v1\.0/bindings/(?P<binding_id>[^/]+)': {
        'GET': Action(
            bindings.show,
            f'{_BINDINGS}show',
            answer=bindings.BINDING,
            all_projects=f'{_BINDINGS}all_projects',
        ),
        'PUT': Action(
            bindings.rebind,
            f'{_BINDINGS}update',
            bindings.UPDATE,
            bindings.BINDING,
            takes_caller=True,
        ),
        'DELETE': Action(
            bindings.delete,
            f'{_BINDINGS}delete',
            answer=job_schemas.NOTHING,
            takes_caller=True,
        ),
    },
    r'/v1\.0/adoptions': {
        'GET': Action(
            adoptions.index,
            f'{_ADOPTIONS}list',
            answer=adoptions.ADOPTIONS,
            query=adoptions.QUERY,
        ),
        'POST': Action(
            adoptions.create,
            f'{_ADOPTIONS}create',
            adoptions.CREATE,
            adoptions.ADOPTION,
            takes_caller=True,
        ),
    },
    r'/v1\.0/adoptions/(?P<network_id>[^/]+)': {
        'GET': Action(
            adoptions.show, f'{_ADOPTIONS}show', answer=adoptions.ADOPTION
        ),
        'DELETE': Action(
            adoptions.cancel,
            f'{_ADOPTIONS}delete',
            answer=adoptions.ADOPTION,
            takes_caller=True,
        ),
    },
    r'/v1\.0/statuses': {
        'GET': Action(
            statuses.index,
            f'{_STATUSES}list',
            answer=statuses.STATUSES,
            query=statuses.QUERY,
        ),
    },
    r'/v1\.0/drifts': {
        'GET': Action(
            drifts.index,
            f'{_DRIFTS}list',
            answer=drift_schemas.DRIFTS,
            query=drift_schemas.QUERY,
        ),
        'POST': Action(
            drifts.repair,
            f'{_DRIFTS}repair',
            drift_schemas.REPAIR,
            drift_schemas.REPAIRED,
            takes_caller=True,
        ),
    },
    r'/v1\.0/drifts/(?P<region_name>[^/]+)'
    r'/(?P<resource_type>[^/]+)/(?P<resource_id>[^/]+)': {
        'GET': Action(
            drifts.show, f'{_DRIFTS}show', answer=drift_schemas.DRIFT
        ),
    },
    r'/v1\.0/releases': {
        'GET': Action(
            releases.index, f'{_RELEASES}list', answer=releases.RELEASES
        ),
    },
    r'/v1\.0/topology': {
        'GET': Action(
            topology.index,
            f'{_TOPOLOGY}list',
            answer=topology.TOPOLOGY,
            query=topology.QUERY,
            all_projects=f'{_TOPOLOGY}all_projects',
        ),
    },
    r'/v1\.0/clashes': {
        'POST': Action(
            clashes.find, f'{_PODS}check', schemas.CHECK, schemas.CLASHES
        ),
    },
    r'/v1\.0/jobs': {
        'GET': Action(
            jobs.index,
            f'{_JOBS}list',
            answer=job_schemas.JOBS,
            query=job_schemas.QUERY,
            all_projects=f'{_JOBS}all_projects',
        ),
        'POST': Action(
            jobs.create,
            f'{_JOBS}create',
            job_schemas.CREATE,
            job_schemas.JOB,
            takes_caller=True,
        ),
    },
    # Before the next: no job has such an ID.
    r'/v1\.0/jobs/detail': {
        'GET': Action(
            jobs.detail,
            f'{_JOBS}list',
            answer=job_schemas.DETAILS,
            query=job_schemas.QUERY,
            all_projects=f'{_JOBS}all_projects',
        ),
    },
    r'/v1\.0/jobs/schemas': {
        'GET': Action(
            jobs.schemas, f'{_JOBS}schema_list', answer=job_schemas.SCHEMAS
        ),
    },
    r'/v1\.0/jobs/(?P<job_id>[^/]+)': {
        'GET': Action(
            jobs.show,
            f'{_JOBS}show',
            answer=job_schemas.JOB,
            all_projects=f'{_JOBS}all_projects',
        ),
        'PUT': Action(
            jobs.redo,
            f'{_JOBS}redo',
            answer=job_schemas.JOB,
            takes_caller=True,
        ),
        'DELETE': Action(
            jobs.end,
            f'{_JOBS}delete',
            answer=job_schemas.NOTHING,
            takes_caller=True,
        ),
    },
    r'/v1\.0/jobs/(?P<job_id>[^/]+)/pause': {
        'PUT': Action(
            pauses.pause_job,
            f'{_JOBS}pause',
            schemas.PAUSES,
            job_schemas.JOB,
            takes_caller=True,
        ),
        'DELETE': Action(
            pauses.resume_job,
            f'{_JOBS}pause',
            answer=job_schemas.JOB,
            takes_caller=True,
        ),
    },
    r'/v1\.0/routings': {
        'GET': Action(
            routings.index,
            f'{_ROUTINGS}list',
            answer=routing_schemas.ROUTINGS,
            query=routing_schemas.QUERY,
            all_projects=f'{_ROUTINGS}all_projects',
        ),
        'POST': Action(
            routings.create,
            f'{_ROUTINGS}create',
            routing_schemas.CREATE,
            routing_schemas.ROUTING,
            takes_caller=True,
        ),
    },
    r'/v1\.0/routings/(?P<routing_id>[^/]+)': {
        'GET': Action(
            routings.show,
            f'{_ROUTINGS}show',
            answer=routing_schemas.ROUTING,
            all_projects=f'{_ROUTINGS}all_projects',
        ),
        'PUT': Action(
            routings.update,
            f'{_ROUTINGS}put',
            routing_schemas.UPDATE,
            routing_schemas.ROUTING,
            takes_caller=True,
        ),
        'DELETE': Action(
            routings.delete,
            f'{_ROUTINGS}delete',
            answer=job_schemas.NOTHING,
            takes_caller=True,
        ),
    },
}


def template(pattern: str) -> str:
    """Return the pattern of a route as people write it, IDs in braces."""
    return _PARAMETER.sub(r'{\1}', pattern).replace('\\.', '.')


def collections() -> list[str]:
    """Return the paths of collections, such as ``/v1.0/pods``."""
    paths = (template(pattern) for pattern in ROUTES)
    return [one for one in paths if one.count('/') == 2]


def find(path: str) -> tuple[str, dict[str, str]] | None:
    """Return the pattern of a path and what stands in it; None for no route.

    :param path: without a slash at its end
    """
    for pattern in ROUTES:
        found = re.fullmatch(pattern, path)
        if found:
            return pattern, found.groupdict()
    return None
