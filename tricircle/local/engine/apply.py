# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Make this region have what a document says.

Whoever calls, whatever was there before and however often: look at what is
there, do what is missing, look again, and answer the digest reached.
"""

from collections.abc import Callable
from typing import Any

from neutron_lib.db import api as db_api
from oslo_log import log as logging

from tricircle.conf import fault_point
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.engine.owner import actor
from tricircle.local.telling import outbox
from tricircle.replica.body import differences
from tricircle.replica.body import digest as digests
from tricircle.replica.document import Document
from tricircle.replica.document import Generation
from tricircle.replica.messages import AppliedBody

LOG = logging.getLogger(__name__)


#: Called with a document that was pulled, and why it cannot be had.
told_of_refusals: list[Callable[[Document, Exception], None]] = []


def apply(
    context: Any, document: Document, pulled: bool = False
) -> AppliedBody:
    """Make the region have what a document says.

    :param context: an admin context outside any transaction
    :param pulled: the document is central's answer to a request that this
        region has just made, so it is later than any deletion by central
    :returns: what was reached
    :raises ReplicaOutdated: a later generation was applied before
    :raises ReplicaDeleted: the region deleted the resource
    :raises ReplicaBusy: another worker holds on to it
    :raises ReplicaConflict: the region has its own object with that ID
    """
    with actor.applying():
        failed = _apply_required(context, document.requires, pulled)
        applied = _apply_one(context, document, pulled)
        if pulled:
            # Whoever asks can have it all the same; its own job says why.
            failed = []
        # What somebody asks for is not to be had without what hangs on it.
        for one in document.along:
            failed += _apply_required(context, (*one.requires, one), pulled)
        for one in _to_take_up(document):
            # Some of it waited for the others, as a parent for its trunk.
            if _is_forgotten(context, one):
                _apply_one(context, one, pulled)
        if failed:
            raise failed[0]
        return applied


def apply_required(context: Any, document: Document) -> None:
    """Make the region have what a document's resource needs.

    For a port whose document came in the answer to its allocation.
    """
    with actor.applying():
        _apply_required(context, document.requires, True)


def _apply_required(
    context: Any, required: tuple[Document, ...], pulled: bool
) -> list[Exception]:
    """Make the region have what others need.

    A part of one that fails keeps none of them back.

    :returns: what is to be said of such parts
    """
    failed: list[Exception] = []
    stale = _stale(context, required)
    for one in stale:
        kinds.applier(one.type).prepare(context, dict(one.body))
    for one in stale:
        try:
            _apply_one(context, one, pulled)
        except refusals.ReplicaOutdated:
            # Something newer is here already: all the better.
            LOG.debug(
                '%s %s is here in a later generation than the one required',
                one.type,
                one.id,
            )
        except Exception as exc:
            if not parts.is_of_parts(exc):
                raise
            failed.append(exc)
    return failed


def _stale(context: Any, documents: tuple[Document, ...]) -> list[Document]:
    """Return what is not here yet as wanted; one query.

    What is here in the same form, of an earlier generation, only becomes
    older for documents of before: central sends it of its own as well, and
    then it is looked at.
    """
    with db_api.CONTEXT_READER.using(context):
        rows = ledger.rows(
            context.session, [(one.type, one.id) for one in documents]
        )
        stale = [
            one
            for one in documents
            if not _in_place(rows.get((one.type, one.id)), one)
        ]
        same = [
            one for one in stale if _is_same(rows.get((one.type, one.id)), one)
        ]
    if not same:
        return stale
    with db_api.CONTEXT_WRITER.using(context):
        advanced = [
            one
            for one in same
            if ledger.advance(
                context.session, one.type, one.id, one.generation, one.digest
            )
        ]
    return [one for one in stale if one not in advanced]


def _is_same(row: Replica | None, document: Document) -> bool:
    """Tell whether what was applied last has the content of a document."""
    return (
        row is not None
        and row.state == State.PRESENT
        and row.epoch == document.generation.epoch
        and row.digest == document.digest
    )


def _in_place(row: Replica | None, document: Document) -> bool:
    return (
        row is not None
        and row.state == State.PRESENT
        and row.epoch == document.generation.epoch
        and row.counter >= document.generation.counter
        and (
            row.counter > document.generation.counter
            or row.digest == document.digest
        )
    )


def _check_generation(
    document: Document, lease: leases.Lease, pulled: bool
) -> None:
    row = lease.row
    if row is None:
        return
    applied = Generation(row.epoch, row.counter)
    offered = document.generation
    if row.state == State.ALLOCATING:
        # The request that asked for it completes it, or it is given back.
        raise refusals.ReplicaBusy(type=document.type, id=document.id)
    if row.state == State.DELETED:
        if ledger.detail(row).get('by_region'):
            # Central should know by now: tell it again. An allocation may
            # have been carried out after it was given back.
            outbox.enqueue_now(document.type, [document.id])
            raise refusals.ReplicaDeleted(type=document.type, id=document.id)
        if not pulled and (
            offered.epoch == applied.epoch
            and offered.counter <= applied.counter
        ):
            raise refusals.ReplicaRemoved(
                type=document.type,
                id=document.id,
                applied=applied,
            )
        return
    if offered.older_than(applied):
        raise refusals.ReplicaOutdated(
            type=document.type,
            id=document.id,
            applied=applied,
            offered=offered,
        )


def _apply_one(context: Any, document: Document, pulled: bool) -> AppliedBody:
    try:
        return _apply_alone(context, document, pulled)
    except Exception as exc:
        if pulled and not db_api.is_retriable(exc):
            for tell in told_of_refusals:
                tell(document, exc)
        raise


def _apply_alone(
    context: Any, document: Document, pulled: bool
) -> AppliedBody:
    handler = kinds.applier(document.type)
    desired = dict(document.body)
    if document.initial:
        desired[kinds.INITIAL] = dict(document.initial)
    if _is_forgotten(context, document):
        desired[kinds.TOLD] = dict(document.told)
    with leases.leased(document.type, document.id) as lease:
        fault_point.reach('local.apply.leased')
        _check_generation(document, lease, pulled)
        is_new = lease.row is None
        if is_new:
            try:
                handler.check(context, document.id)
            except Exception:
                lease.forget()
                raise
        seen = (
            None if is_new else handler.observe(context, document.id, desired)
        )
        if (
            seen is None
            or digests.digest(seen[0]) != document.digest
            or kinds.TOLD in desired
            or parts.was_begun(lease)
        ):
            fault_point.reach('local.apply.observed')
            doing = (
                parts.Parts(lease)
                if seen is None or parts.was_begun(lease)
                else parts.Parts(lease, *seen)
            )
            lease.begin(**handler.row(desired))
            try:
                handler.apply(context, desired, doing)
                doing.end()
            except Exception:
                if handler.observe(context, document.id, desired) is None:
                    # It was refused outright.
                    lease.forget()
                raise
            seen = handler.observe(context, document.id, desired)
        fault_point.reach('local.apply.done')
        if seen is None:
            raise refusals.ReplicaNotFound(type=document.type, id=document.id)
        reached = digests.digest(seen[0])
        lease.finish(document.generation, reached)
    applied = AppliedBody(
        id=document.id,
        type=document.type,
        epoch=document.generation.epoch,
        counter=document.generation.counter,
        digest=reached,
        desired=document.digest,
        omitted=seen[1],
    )
    if reached != document.digest:
        applied['differs'] = differences.between(document.body, seen[0])
        LOG.warning(
            '%s %s differs from its document after it was applied: %s',
            document.type,
            document.id,
            ', '.join(applied['differs']),
        )
    return applied


def _to_take_up(document: Document) -> list[Document]:
    """Return what came with others and may not be remembered here."""
    several = [
        *document.requires,
        *(each for one in document.along for each in one.requires),
    ]
    if document.along:
        several.append(document)
    return [one for one in several if one.told]


def _is_forgotten(context: Any, document: Document) -> bool:
    """Tell whether this region told what it does not remember.

    As one that was restored from a backup.
    """
    if not document.told:
        return False
    known = kinds.revisions(context, document.type, [document.id])
    return known.get(document.id, 0) < int(document.told['revision'])


def remove(
    context: Any,
    resource_type: str,
    resource_id: str,
    release: bool = False,
    generation: Generation | None = None,
) -> None:
    """Remove a replica and leave a tombstone.

    :param release: only if it is not in use: central wants to let another
        region have it
    :param generation: that of the deletion; what is older never comes back
    :raises ReplicaNotFound: when it is not here (any more)
    :raises ReplicaInUse: when something of the region hangs on it
    :raises ReplicaOutdated: when it was applied again after this deletion
    :raises ReplicaDeleted: when it is to be released to another region, and
        a user has deleted it here, of which central is yet to hear
    """
    handler = kinds.applier(resource_type)
    with (
        actor.applying(),
        leases.leased(resource_type, resource_id, insert_as=None) as lease,
    ):
        row = lease.row
        if row is None:
            raise refusals.ReplicaNotFound(type=resource_type, id=resource_id)
        applied = Generation(row.epoch, row.counter)
        if row.state != State.DELETED:
            if generation is not None and generation.older_than(applied):
                raise refusals.ReplicaOutdated(
                    type=resource_type,
                    id=resource_id,
                    applied=applied,
                    offered=generation,
                )
            handler.delete(context, resource_id, release)
        unheard = _is_unheard(context, row)
        if unheard and release:
            raise refusals.ReplicaDeleted(type=resource_type, id=resource_id)
        lease.bury(generation or applied, by_region=unheard)
        if row.state == State.DELETED:
            raise refusals.ReplicaNotFound(type=resource_type, id=resource_id)


def _is_unheard(context: Any, row: Replica) -> bool:
    """Tell whether a user deleted a resource and central is yet to hear."""
    if row.state != State.DELETED or not ledger.detail(row).get('by_region'):
        return False
    with db_api.CONTEXT_READER.using(context):
        return outbox.is_waiting(
            context.session, row.resource_type, row.resource_id
        )
