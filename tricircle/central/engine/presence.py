# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Presence: the one place where a region is given a resource.

Whatever way a request comes, by pull, by a port that a region makes, by a
push to a region that never asked, it comes through here, and here is
checked who asks, whether the region is in the resource's scope, and whether
another region has what only one may have. What is granted is committed in
one piece: the row of ``resource_routings``, the region's own addresses, the
project's security groups, the entries of the journal.
"""

from collections.abc import Callable, Mapping
import dataclasses
from typing import Any

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.db import model_query
from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.central.engine import regions
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence as presence_db
from tricircle.journal import intent


def give(
    session: orm.Session,
    pod: presence_db.Pod,
    resource_type: str,
    projects: Mapping[str, str],
) -> None:
    """Make resources present in a region, and have XJob look after them.

    In the transaction of the caller. For what any region may have.

    :param projects: project of each, by the ID of the resource
    """
    if pod.leaves:
        return
    presence_db.insert_absent(session, pod.pod_id, resource_type, projects)
    intent.ensure(
        session,
        [
            intent.Intent(
                resource_type,
                one,
                pod.region_name,
                project_id,
                regions.grace(),
            )
            for one, project_id in projects.items()
        ],
    )


@dataclasses.dataclass(frozen=True)
class Caller:
    """On whose behalf a region asks.

    :ivar project_id: the project of the user in the region
    :ivar is_admin: the user may see everything
    """

    project_id: str
    is_admin: bool

    @classmethod
    def of(cls, context: Any) -> 'Caller':
        """Return who made a request to central itself."""
        return cls(context.project_id or '', bool(context.is_admin))


def check_visible(
    caller: Caller, resource_type: str, resource_id: str
) -> None:
    """Refuse what the caller's project may not see.

    Neutron decides: its own resource, one shared with it, an external
    network, a port on its own network.

    :raises neutron_lib.exceptions.NotFound: the type's own
    """
    if caller.is_admin:
        return
    model = kinds.of(resource_type).model
    if caller.project_id:
        context = n_context.Context(
            project_id=caller.project_id,
            roles=['member', 'reader'],
            is_admin=False,
            is_service_role=False,
            overwrite=False,
        )
        with db_api.CONTEXT_READER.using(context):
            if (
                model_query.query_with_hooks(context, model, field='id')
                .filter(model.id == resource_id)
                .first()
                is not None
            ):
                return
    raise not_found(resource_type, resource_id)


def not_found(resource_type: str, resource_id: str) -> n_exc.NotFound:
    """Return Neutron's own error for a resource that is not there."""
    return kinds.of(resource_type).not_found(resource_id)


def grant(
    resource_type: str,
    resource_id: str,
    region_name: str,
    caller: Caller,
    wanted: kinds.Wanted | None = None,
) -> None:
    """Give a region a resource; safe to repeat, and in several at once.

    For ports this includes the port's network, for all their security
    groups. Not to be called in a transaction: it has its own.

    :param resource_type: one of a kind that regions ask for
    :param caller: who must be able to see the resource
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.NotFound: the type's own, when the caller
        may not see it, or the region is not in its scope
    :raises PortInUse: when another region has the port
    :raises neutron_lib.exceptions.IpAddressGenerationFailure: when a subnet
        has no address left for the region
    """
    check_visible(caller, resource_type, resource_id)
    give = kinds.of(resource_type).grant
    if give is None:
        raise not_found(resource_type, resource_id)
    give(resource_id, region_name, wanted or kinds.Wanted())
    fault_point.reach('central.presence.granted')


@retries.bounded
def grant_anywhere(
    resource_type: str,
    resource_id: str,
    region_name: str,
    follow: Callable[[orm.Session, presence_db.Pod, list[str]], None]
    | None = None,
) -> None:
    """Give a region what any region may have; see :func:`grant`.

    :param follow: makes some present there, with what they lead to; None
        for those that lead to nothing
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.NotFound: the type's own
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        pod = regions.receiving_pod(context.session, region_name)
        found = central_state.projects(
            context.session, resource_type, [resource_id]
        )
        if not found:
            raise not_found(resource_type, resource_id)
        if follow is None:
            give(context.session, pod, resource_type, found)
        else:
            follow(context.session, pod, [resource_id])
