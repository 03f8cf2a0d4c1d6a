# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What this region has of a replica, as it is now.

Read back in document form, for comparisons: what was applied may have been
changed since.
"""

from collections.abc import Collection
from typing import Any

from neutron_lib.db import api as db_api
from oslo_log import log as logging

from tricircle.db.local.models import State
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.replica.body import digest as digests

LOG = logging.getLogger(__name__)


def digest_of(
    context: Any, resource_type: str, row: dict[str, Any]
) -> str | None:
    """Return the digest of what is here now.

    None when nothing is, or it is not known to be whole: what somebody began
    to apply and left is applied again though all seems to be in place, since
    agents may not know of it. So is what cannot be read back; then its own
    job says why, and nothing else is kept from being compared.

    :param row: of :func:`tricircle.local.engine.ledger.page`
    """
    if row.get('state') == State.APPLYING:
        return None
    try:
        seen = kinds.applier(resource_type).observe(context, row['id'], None)
    except Exception as exc:
        if db_api.is_retriable(exc):
            raise
        LOG.exception('%s %s cannot be read', resource_type, row['id'])
        return None
    return digests.digest(seen[0]) if seen else None


def revisions(
    context: Any, resource_type: str, ids: Collection[str]
) -> dict[str, dict[str, int]]:
    """Return what answers say of the revision of each, if anything."""
    known = kinds.revisions(context, resource_type, ids)
    return {
        one: {'revision': known[one]} if one in known else {} for one in ids
    }


def observe(
    context: Any, resource_type: str, resource_id: str
) -> dict[str, Any]:
    """Return what is here of a replica, as :class:`AppliedBody` and body.

    :raises ReplicaNotFound: when nothing of central's is
    """
    with db_api.CONTEXT_READER.using(context):
        row = ledger.owned(context.session, resource_type, resource_id)
        generation = row and (row.epoch, row.counter)
        applied = row.digest if row else None
    seen = generation and kinds.applier(resource_type).observe(
        context, resource_id, None
    )
    if not generation or not seen:
        raise refusals.ReplicaNotFound(type=resource_type, id=resource_id)
    reached = digests.digest(seen[0])
    return {
        'id': resource_id,
        'type': resource_type,
        'epoch': generation[0],
        'counter': generation[1],
        'digest': reached,
        'applied_digest': applied,
        'body': seen[0],
        **revisions(context, resource_type, [resource_id])[resource_id],
    }
