# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/replicas/{type}/{id}`` of a region.

These run in the legacy extension middleware, before pecan: policy and
database retries are this controller's own business (neutron29-rules,
rule 14).
"""

from collections.abc import Callable
import functools
from typing import Any, cast, TypeVar

from neutron import policy
from neutron.api import extensions
from neutron.api.v2 import resource as wsgi_resource
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.api import faults
from oslo_config import cfg
from oslo_log import log as logging
from webob import exc

from tricircle.conf import local as local_conf
from tricircle.db import retries
from tricircle.local.engine import apply
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.api import read_back
from tricircle.local.process import region
from tricircle.replica import border
from tricircle.replica import kinds as contract
from tricircle.replica import validation
from tricircle.replica.document import Document
from tricircle.replica.document import DocumentError
from tricircle.replica.document import Generation

LOG = logging.getLogger(__name__)

_Method = TypeVar('_Method', bound=Callable[..., Any])

#: Of the extension that serves these.
ALIAS = 'tricircle-region-replicas'

#: Most replicas on a page.
_LIMIT = 200


class InvalidReplica(exceptions.BadRequest):
    """The request cannot be read."""

    message = 'Invalid replica: %(reason)s.'


def naming_the_cause(method: _Method) -> _Method:
    """Answer what nobody expected with its cause, for the job's reason."""

    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if isinstance(
                error, exc.HTTPException | refusals.ReplicaFailed
            ) or refusals.is_expected(error):
                raise
            LOG.exception('A replica could not be served')
            raise refusals.with_message(
                error, refusals.cause(error)
            ) from error

    return cast('_Method', wrapper)


class Forbidden(exceptions.NotAuthorized):
    """Whoever asks is not central."""

    message = (
        'User %(user_id)s in project %(project_id)s does not act for central '
        'Neutron: [tricircle] central_user_id or central_project_id is '
        'another.'
    )


def _check_central(conf: cfg.ConfigOpts, caller: Any) -> None:
    """Check that it is central, as configured, that asks.

    :raises Forbidden: when it is another service, such as another region's
    """
    options = conf[local_conf.GROUP]
    if options.central_user_id not in (
        '',
        caller.user_id,
    ) or options.central_project_id not in ('', caller.project_id):
        LOG.warning(
            'User %(user)s in project %(project)s acted as central',
            {'user': caller.user_id, 'project': caller.project_id},
        )
        raise Forbidden(user_id=caller.user_id, project_id=caller.project_id)


def _warn_when_open(conf: cfg.ConfigOpts) -> None:
    options = conf[local_conf.GROUP]
    if not (options.central_user_id or options.central_project_id):
        LOG.warning(
            'Any user with the role service may say what this region has of '
            "central: set [tricircle] central_user_id to the ID of XJob's "
            'user'
        )


def enforce(request: Any, action: str) -> Any:
    """Return an admin context for what central asks for.

    :param action: ``get``, ``update`` or ``delete``
    :raises PolicyNotAuthorized: when the policy does not allow it
    :raises Forbidden: when it is not central that asks
    """
    policy.init()
    caller = request.context
    policy.enforce(caller, f'{action}_replica', {})
    if not (action == 'get' and caller.is_admin):
        # Administrators may look.
        _check_central(cfg.CONF, caller)
    # What central asks for is done as an admin of the region.
    return neutron_context.get_admin_context()


class Controller:
    """Replicas of one type."""

    def __init__(self, resource_type: str) -> None:
        self._type = resource_type

    @naming_the_cause
    def index(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        """List what central has here, with the digest of what is there now.

        For the sweep. Each is read back, so a page takes its time.
        """
        context = enforce(request, 'get')
        try:
            limit = int(request.GET.get('limit', _LIMIT))
        except ValueError:
            raise InvalidReplica(reason='limit is no number') from None
        rows = ledger.page(
            context,
            self._type,
            request.GET.get('marker'),
            max(1, min(limit, _LIMIT)),
        )
        revisions = read_back.revisions(
            context, self._type, [row['id'] for row in rows]
        )
        return {
            'replicas': [
                {
                    **row,
                    **revisions[row['id']],
                    'digest': read_back.digest_of(context, self._type, row),
                }
                for row in rows
            ]
        }

    @naming_the_cause
    def show(self, request: Any, id: str, **kwargs: Any) -> dict[str, Any]:
        """Return what is here."""
        context = enforce(request, 'get')
        return {'replica': read_back.observe(context, self._type, id)}

    @naming_the_cause
    @retries.bounded
    def update(
        self, request: Any, id: str, body: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Make it so."""
        context = enforce(request, 'update')
        document = self._document(id, body)
        return {'replica': dict(apply.apply(context, document))}

    @naming_the_cause
    @retries.bounded
    def delete(self, request: Any, id: str, **kwargs: Any) -> None:
        """Remove it; ``release=true`` only if nothing uses it."""
        context = enforce(request, 'delete')
        release = request.GET.get('release', '').lower() == 'true'
        generation = None
        if 'counter' in request.GET:
            try:
                generation = Generation(
                    int(request.GET.get('epoch', 0)),
                    int(request.GET['counter']),
                )
                border.check([generation.epoch, generation.counter])
            except ValueError:
                raise InvalidReplica(
                    reason='epoch and counter are numbers'
                ) from None
        apply.remove(context, self._type, id, release, generation)

    def _document(self, resource_id: str, body: Any) -> Document:
        try:
            document = Document.from_dict(body['replica'])
            for each in (document, *document.along):
                for one in each.flattened():
                    validation.validate(one)
        except (TypeError, KeyError):
            raise InvalidReplica(
                reason='the body is {"replica": document}'
            ) from None
        except (DocumentError, validation.InvalidBody) as error:
            raise InvalidReplica(reason=error) from error
        if (document.type, document.id) != (self._type, resource_id):
            raise InvalidReplica(
                reason='the document is of '
                f'{document.type} {border.shortened(document.id)}'
            )
        if document.region != region.name(cfg.CONF):
            raise InvalidReplica(
                reason='the document is for '
                f'{border.shortened(document.region)}, this is '
                f'{region.name(cfg.CONF)}'
            )
        return document


def resources() -> list[Any]:
    """Return one API resource a type, under ``/v2.0/replicas``."""
    # Neutron loads its policies in the first request, and refuses those
    # that come meanwhile.
    policy.init()
    _warn_when_open(cfg.CONF)
    return [resource(one, Controller(one)) for one in contract.BY_TYPE]


def resource(resource_type: str, controller: Any) -> Any:
    """Return the API resource ``/v2.0/replicas/{resource_type}``."""
    return extensions.ResourceExtension(
        resource_type,
        border.guarded(
            wsgi_resource.Resource(
                controller,
                {
                    **faults.FAULT_MAP,
                    refusals.ReplicaFailed: exc.HTTPInternalServerError,
                },
                {'application/json': border.Deserializer(border.LONG)},
                action_status={'update': 200, 'delete': 204},
            ),
            border.LONG,
            controller,
        ),
        path_prefix='/replicas',
    )
