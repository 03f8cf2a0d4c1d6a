# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The sub-resource ``replicas`` of networks, ports and security groups.

Regions pull and report here, owners read how far their resources got. It
is served beside Neutron's own controllers, which means that nothing checks
policy, shape and retries for us.
"""

from typing import Any, Final, NoReturn

from neutron import policy
from neutron.api import extensions
from neutron.api.v2 import resource
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api import faults
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_policy import policy as oslo_policy
import webob.exc

from tricircle.central.engine import capacity
from tricircle.central.engine import documents
from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.central.engine import refused
from tricircle.central.engine import regions
from tricircle.central.engine import replica_paths
from tricircle.central.engine import schemas as replica_schemas
from tricircle.db import retries
from tricircle.db.central import presence as presence_db
from tricircle.extensions import tricircle_replicas
from tricircle.journal import intent
from tricircle.replica import border
from tricircle.replica import kinds as contract
from tricircle.replica import messages
from tricircle.replica import redaction
from tricircle.replica import references

ALIAS: Final = tricircle_replicas.ALIAS


class ReplicaNotFound(n_exc.NotFound):
    """A resource that is not in a region."""

    message = '%(type)s %(id)s has no replica in region %(region)s.'


#: What is the least, first.
_SEVERITY: Final = tuple(
    status.value
    for status in (
        intent.Status.IN_SYNC,
        intent.Status.PENDING,
        intent.Status.FAILED,
    )
)


class ReplicaController:
    """``/v2.0/{collection}/{id}/replicas`` for one type of resource."""

    #: For a request with the header If-Match.
    _collection = 'replicas'
    #: Whether regions say something of one, beside asking for it.
    _takes_reports = False

    def __init__(self, resource_type: str) -> None:
        self._type = resource_type
        self._member = contract.BY_TYPE[resource_type].member

    def _enforce(
        self, request: Any, verb: str, target: dict[str, Any]
    ) -> None:
        policy.enforce(
            request.context, f'{verb}_{self._member}_replica', target
        )

    def _authorize(self, request: Any, region_name: str) -> regions.Standing:
        """Check that whoever asks acts for this region.

        :raises Forbidden: when it acts for another
        """
        context = request.context
        with db_api.CONTEXT_READER.using(context):
            return regions.authorize(context.session, context, region_name)

    def _id(self, identifiers: dict[str, str]) -> str:
        """Return the ID of the resource.

        :raises neutron_lib.exceptions.NotFound: the type's own, when that is
            none
        """
        found = identifiers[f'{self._member}_id']
        if not references.is_resource_id(self._type, found):
            raise presence.not_found(self._type, found)
        return found

    def _readable(self, request: Any, resource_id: str) -> bool:
        """Check that the caller may know where a resource is.

        :returns: whether it is an owner or an administrator, and no service
        :raises neutron_lib.exceptions.NotFound: the type's own, when the
            caller may not even see the resource
        """
        plugin = directory.get_plugin(kinds.of(self._type).plugin)
        if plugin is None:
            # Nobody has any.
            raise presence.not_found(self._type, resource_id)
        owner = getattr(plugin, f'get_{self._member}')(
            request.context, resource_id, fields=['id', 'project_id']
        )
        context = request.context
        try:
            self._enforce(request, 'get', {'project_id': owner['project_id']})
        except oslo_policy.InvalidScope:
            # Neutron's getter takes an administrator of a domain for one of
            # networks; as Neutron's API it tells not even that it is there.
            raise presence.not_found(self._type, resource_id) from None
        return bool(
            context.is_admin
            or (
                owner['project_id']
                and owner['project_id'] == context.project_id
            )
        )

    def _shown(
        self, request: Any, resource_id: str
    ) -> list[messages.ReplicaStateBody]:
        """Return the states that the caller may see: a region, its own."""
        sees_all = self._readable(request, resource_id)
        found = self._redacted(request, resource_id)
        if sees_all:
            return found
        context = request.context
        with db_api.CONTEXT_READER.using(context):
            shown = regions.shown_to(
                context.session, context, [one['region'] for one in found]
            )
        return [one for one in found if one['region'] in shown]

    def _states(self, resource_id: str) -> list[messages.ReplicaStateBody]:
        found: list[messages.ReplicaStateBody] = states(
            self._type, resource_id
        )
        return found

    def _redacted(
        self, request: Any, resource_id: str
    ) -> list[messages.ReplicaStateBody]:
        """Return the states as the caller may read them."""
        found = self._states(resource_id)
        if not request.context.is_admin:
            for state in found:
                if state['reason'] is not None:
                    state['reason'] = redaction.for_tenants(
                        state['reason'], resource_id
                    )
        return found

    def index(self, request: Any, **identifiers: str) -> dict[str, Any]:
        """Tell how far a resource got in each region."""
        return {'replicas': self._shown(request, self._id(identifiers))}

    def show(
        self, request: Any, id: str, **identifiers: str
    ) -> dict[str, Any]:
        """Tell how far a resource got in one region."""
        resource_id = self._id(identifiers)
        if not self._readable(request, resource_id):
            self._authorize(request, id)
        for state in self._redacted(request, resource_id):
            if state['region'] == id:
                return {'replica': state}
        raise ReplicaNotFound(type=self._type, id=resource_id, region=id)

    def update(
        self, request: Any, id: str, body: Any = None, **identifiers: str
    ) -> dict[str, Any]:
        """Take what a region says: a pull, a report, or a refusal."""
        resource_id = self._id(identifiers)
        self._enforce(request, 'update', {})
        standing = self._authorize(request, id)
        said = replica_schemas.read(body, reports=self._takes_reports)
        if said.report is not None:
            self._check_tunnel(request, id, said.report)
            return {'replica': taken(self._take(resource_id, id, said.report))}
        if said.refused is not None:
            refused.take(self._type, resource_id, id, said.refused)
            return {'replica': taken(None)}
        pull = said.pull
        assert pull is not None  # noqa: S101 - the schema says so
        presence.grant(
            self._type,
            resource_id,
            id,
            self._caller(request, resource_id, id, standing, pull),
            kinds.Wanted(
                pull['dhcp_agents'],
                pull.get('agent_gateways'),
                pull.get('purpose', messages.USE),
            ),
        )
        document = documents.answer(self._type, resource_id, id)
        return {'replica': {'document': document.to_dict()}}

    def _take(
        self, resource_id: str, region_name: str, report: messages.ReportBody
    ) -> int | None:
        """Take note of what a region says of a resource.

        :returns: the revision of a newer report that was taken before
        """
        raise NotImplementedError

    def _check_tunnel(
        self, request: Any, region_name: str, report: messages.ReportBody
    ) -> None:
        address = report.get('tunnel_ip')
        if address:
            context = request.context
            with db_api.CONTEXT_READER.using(context):
                regions.check_tunnel(context.session, region_name, address)

    def _caller(
        self,
        request: Any,
        resource_id: str,
        region_name: str,
        standing: regions.Standing,
        pull: messages.PullBody,
    ) -> presence.Caller:
        """Return on whose behalf a region asks, as far as it is proven.

        A user's own token proves it. Without one a region gets what it has
        already; what it says of users is believed where anybody may act for
        it, as before pods named who does, and of XJob.

        :raises neutron_lib.exceptions.NotFound: the type's own, when a
            region has it not and comes without a user
        """
        context = request.context
        if regions.Identity.of(context).for_user:
            return presence.Caller.of(context)
        if standing is not regions.Standing.REGION:
            return presence.Caller(pull['project_id'], pull['is_admin'])
        with db_api.CONTEXT_READER.using(context):
            pod = regions.find_pod(context.session, region_name)
            if not presence_db.present_in(
                context.session, self._type, [resource_id], pod.pod_id
            ):
                raise presence.not_found(self._type, resource_id)
        return presence.Caller('', True)

    def create(self, request: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a region says which it is in the path."""
        raise webob.exc.HTTPMethodNotAllowed()

    def delete(self, request: Any, id: str, **identifiers: str) -> None:
        """Refuse: regions delete nothing but ports."""
        raise webob.exc.HTTPMethodNotAllowed()

    def new(self, request: Any, **identifiers: str) -> dict[str, Any]:
        """Read /replicas/new as any other name of a region."""
        return self.show(request, 'new', **identifiers)

    def edit(self, request: Any, **kwargs: Any) -> NoReturn:
        """Refuse: there is nothing below a replica."""
        raise webob.exc.HTTPNotFound()


@retries.bounded
def states(
    resource_type: str, resource_id: str
) -> list[messages.ReplicaStateBody]:
    """Return the state of a resource in each region that has it."""
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        found = {
            state.region: state
            for state in intent.states(session, resource_type, resource_id)
        }
        regions = presence_db.regions_of(session, resource_type, resource_id)
        omitted = kinds.omitted(session, resource_type, resource_id)
    return [
        _state(found.get(region) or intent.ReplicaState(region), omitted)
        for region in sorted({*regions, *found})
    ]


def severity(state: messages.ReplicaStateBody) -> int:
    """Return how much is the matter with a replica, more for worse."""
    return _SEVERITY.index(state['status'])


def taken(newer: int | None) -> messages.TakenBody:
    """Return the answer to a report: whether a newer one was taken."""
    if newer is None:
        return messages.TakenBody(accepted=True)
    return messages.TakenBody(accepted=False, revision=newer)


def _state(
    state: intent.ReplicaState, omitted: tuple[str, ...]
) -> messages.ReplicaStateBody:
    return messages.ReplicaStateBody(
        region=state.region,
        status=state.status.value,
        reason=state.reason,
        attempts=state.attempts,
        next_try_at=(
            state.next_try_at.isoformat() + 'Z' if state.next_try_at else None
        ),
        counter=state.counter,
        applied=state.applied,
        digest=state.digest,
        omitted=sorted({*omitted, *state.omitted}),
    )


def _prefix(collection: str) -> str:
    """Return what is before the last segment of a collection's path."""
    before = collection.rpartition('/')[0]
    return f'/{before}' if before else ''


def _controller(kind: kinds.Kind) -> ReplicaController:
    made: ReplicaController = (
        kind.controller() if kind.controller else ReplicaController(kind.type)
    )
    return made


def _extension(
    kind: kinds.Kind, collection: str, gate: capacity.Gate
) -> extensions.ResourceExtension:
    controller = _controller(kind)
    served = resource.Resource(
        controller,
        faults.FAULT_MAP,
        {'application/json': border.Deserializer(border.SHORT)},
        action_status={'update': 200, 'delete': 204},
    )
    return extensions.ResourceExtension(
        'replicas',
        border.guarded(
            capacity.gated(served, gate, collection), border.SHORT, controller
        ),
        {
            'member_name': contract.BY_TYPE[kind.type].member,
            'collection_name': collection.rpartition('/')[2],
        },
        path_prefix=_prefix(collection),
    )


class ReplicasMixin:
    """Makes a core plugin serve the extension ``tricircle-replicas``."""

    def replica_pecan_resources(self) -> list[Any]:
        """Return what Neutron's pecan has in the place of the extension."""
        return replica_paths.pecan_resources(self)

    def replica_resources(self) -> list[extensions.ResourceExtension]:
        """Return what the extension adds to the API.

        It is asked for before there are requests. Neutron would load its
        policies in the first one, and refuse one that comes meanwhile.
        """
        policy.init()
        regions.warn_of_open_pods()
        gate = capacity.Gate(
            capacity.Bounds.of(
                capacity.threads(), cfg.CONF.tricircle.replica_requests
            )
        )
        return [
            _extension(kinds.of(resource_type), collection, gate)
            for resource_type, collection in contract.COLLECTIONS.items()
        ]
