# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kinds of resources of central's: what the engine must know of each.

Each kind says it in its own folder; :mod:`tricircle.local.kinds` lists them,
and the core plugin registers the list when it is made.
"""

from collections.abc import Callable, Collection, Iterable
import dataclasses
from typing import Any, Final, Protocol

from oslo_config import cfg

from tricircle.client import central
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.replica import kinds as replica_kinds

#: Where the body of a document that is applied has what the resource is made
#: with; see :class:`tricircle.replica.document.Document`.
INITIAL: Final = 'initial'

#: Where it has what the region told of the resource and does not remember.
TOLD: Final = 'told'

#: Tells central what there is to tell of a resource, by its ID.
Sender = Callable[[str], None]


class Applier(Protocol):
    """How documents of one type are carried out; stateless."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read back the body as the region has it, None if it is not there.

        :param desired: the body to compare with: what the region has no
            extension for is taken from there and named in the list
        """

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse if an object with this ID is there and not ours.

        :raises ReplicaConflict: if so
        """

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Make what others of the same document may refer to."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return what the ledger is to say of the resource meanwhile."""

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Do what is missing; safe to repeat after any interruption.

        Access that is no longer wanted goes first, what is new comes last;
        each in a part of its own.
        """

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Remove what the ledger says is ours; safe to repeat."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of resource in a region.

    :ivar type: that of its documents
    :ivar applier: carries its documents out
    :ivar senders: make what sends the outbox's entries, by their type: of
        this kind, and of what comes in its documents
    :ivar shared_as: what RBAC policies call it, and messages; None where it
        is not shared
    :ivar model: Neutron's, with its ID; None where no getter brings one here
    :ivar revisions: returns by which revision the region would say now how
        resources are, by their IDs; None where nothing of it is asked
    """

    type: str
    applier: Applier
    senders: Callable[
        [cfg.ConfigOpts, central.CentralClient], dict[str, Sender]
    ] = lambda conf, client: {}
    shared_as: tuple[str, str] | None = None
    model: Any = None
    revisions: Callable[[Any, Collection[str]], dict[str, int]] | None = None


_registered: Final[dict[str, Kind]] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Say which kinds there are; safe to repeat."""
    _registered.update({one.type: one for one in kinds})


def every() -> Collection[Kind]:
    """Return all kinds."""
    return _registered.values()


def model(resource_type: str) -> Any:
    """Return Neutron's model of a type that getters bring here."""
    return _registered[resource_type].model


def collection(resource_type: str) -> str:
    """Return what Neutron's API calls all of a type."""
    if resource_type == ledger.SUBNET:
        # In the documents of networks.
        return 'subnets'
    return replica_kinds.COLLECTIONS[resource_type]


def applier(resource_type: str) -> Applier:
    """Return the applier of a type.

    :raises ReplicaNotFound: when there is none
    """
    try:
        return _registered[resource_type].applier
    except KeyError:
        raise refusals.ReplicaNotFound(type=resource_type, id='') from None


def revisions(
    context: Any, resource_type: str, ids: Collection[str]
) -> dict[str, int]:
    """Return the revisions of resources of a type, by their IDs.

    Of a type that has none, and of what is not here, nothing.
    """
    kind = _registered.get(resource_type)
    if kind is None or kind.revisions is None or not ids:
        return {}
    return kind.revisions(context, ids)


def senders(
    conf: cfg.ConfigOpts, client: central.CentralClient
) -> dict[str, Sender]:
    """Return what sends the outbox's entries, by their type."""
    return {
        resource_type: sender
        for kind in every()
        for resource_type, sender in kind.senders(conf, client).items()
    }
