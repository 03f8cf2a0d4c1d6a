# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents in answers to regions."""

from typing import Final

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api

from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.db import retries
from tricircle.db.central import documents as central_state
from tricircle.db.central import sources
from tricircle.journal import intent
from tricircle.replica.document import Document

#: How often what is missing is given before it is left: a port of a trunk
#: may bring some networks, each with subnets that have just come.
_TIMES: Final = 5


class BeingChanged(n_exc.Conflict):
    """What a region asks for does not stand still."""

    message = (
        'The %(type)s %(id)s is being changed or deleted in central at this '
        'moment, so that %(region)s cannot be given what it needs of it. '
        'Ask again.'
    )


def _read(
    resource_type: str, resource_ids: list[str], region_name: str
) -> dict[str, Document]:
    context = n_context.get_admin_context()
    # One transaction, so that everything is of one moment.
    with db_api.CONTEXT_READER.using(context):
        return central_state.answers(
            context.session,
            resource_type,
            resource_ids,
            region_name,
            intent.generations,
        )


@retries.bounded
def answers(
    resource_type: str, resource_ids: list[str], region_name: str
) -> dict[str, Document]:
    """Return what a region gets in answer, after it was granted presence.

    :returns: documents by ID, of those resources that central still has
    :raises BeingChanged: what they need goes as often as it is given
    """
    for _number in range(_TIMES):
        try:
            return _read(resource_type, resource_ids, region_name)
        except sources.MissingReservation as exc:
            # A subnet that came since, or before its network was in a
            # region; a port that a trunk carries since; or Neutron deletes
            # the network, and began with its ports.
            missing = exc
        give = kinds.of(missing.resource_type).grant
        if give is None:
            raise missing
        give(missing.resource_id, region_name, kinds.Wanted())
    raise BeingChanged(
        type=missing.resource_type,
        id=missing.resource_id,
        region=region_name,
    )


def answer(resource_type: str, resource_id: str, region_name: str) -> Document:
    """Return what a region gets in answer for one resource.

    :raises neutron_lib.exceptions.NotFound: the type's own, when the
        resource was deleted meanwhile
    """
    found: dict[str, Document] = answers(
        resource_type, [resource_id], region_name
    )
    if resource_id not in found:
        raise presence.not_found(resource_type, resource_id)
    return found[resource_id]
