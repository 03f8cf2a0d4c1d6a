# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The parts of a document: each is tried, whatever became of the others.

A tag that a region cannot set must not keep a removed rule open. Between two
parts the lease is renewed.
"""

from collections.abc import Collection, Mapping
import contextlib
import types as builtin_types
from typing import Any, Final

from neutron_lib.db import api as db_api
from oslo_log import log as logging

from tricircle.db.local.models import State
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases

LOG = logging.getLogger(__name__)


#: Mark of an error that says what failed of something that is here.
_OF_PARTS: Final = 'tricircle_of_parts'


def is_of_parts(exc: Exception) -> bool:
    """Tell whether an error is of some parts only: all else is here."""
    return _OF_PARTS in exc.__dict__


class _Part(contextlib.AbstractContextManager[None, bool]):
    """One part; its end says whether the others go on."""

    def __init__(self, parts: 'Parts', name: str) -> None:
        self._parts = parts
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: builtin_types.TracebackType | None,
    ) -> bool:
        if not isinstance(exc, Exception) or not self._parts.lease.is_held:
            return False
        self._parts.note(self._name, exc)
        return True


def was_begun(lease: leases.Lease) -> bool:
    """Tell whether somebody began to apply a document and did not end.

    All may be in place then, and agents not know of it: they are told last.
    """
    return lease.row is not None and lease.row.state == State.APPLYING


class Parts:
    """What is carried out of one document, for who holds its lease.

    :param seen: the body as it was here before anything was done; None of
        what is new, or was begun and not ended
    :param omitted: attributes in it that this region does not have, such as
        ``network.qos_policy_id``
    """

    def __init__(
        self,
        lease: leases.Lease,
        seen: Mapping[str, Any] | None = None,
        omitted: Collection[str] = (),
    ) -> None:
        self.lease = lease
        self._seen = seen
        self._omitted = frozenset(omitted)
        self._failures: list[tuple[str, Exception]] = []

    @property
    def failures(self) -> list[Exception]:
        """What has failed so far, in order."""
        return [exc for _name, exc in self._failures]

    def is_in_place(self, body: Mapping[str, Any], name: str) -> bool:
        """Tell whether something of a body was here as it is wanted.

        Nothing needs to be read or done for it then. What was begun and not
        ended never is: it may be here, and agents not know of it.
        """
        return self._seen is not None and self._seen.get(name) == body.get(
            name
        )

    def seen(
        self, name: str, sparse: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Return what something of a body was, as Neutron shows it.

        :param sparse: what documents leave out where it is not set, and what
            is shown of it then
        :returns: None where it has to be read
        """
        if self._seen is None:
            return None
        return {
            key: value
            for key, value in {**sparse, **self._seen[name]}.items()
            if f'{name}.{key}' not in self._omitted
        }

    def part(self, name: str) -> contextlib.AbstractContextManager[None, bool]:
        """Carry out one part, and go on after it if it fails.

        What others depend on is no part: its failure ends all.

        :param name: as operators read it in the reason of a job
        :raises ReplicaDeleted: when a user has deleted the resource here
        :raises ReplicaBusy: when the lease was lost
        """
        self.lease.renew()
        return _Part(self, name)

    def note(self, name: str, exc: Exception) -> None:
        """Note what has failed."""
        LOG.warning(
            '%s %s, %s: %s',
            self.lease.resource_type,
            self.lease.resource_id,
            name,
            refusals.cause(exc),
        )
        self._failures.append((name, exc))

    def end(self) -> None:
        """Say what failed, if anything did.

        :raises Exception: of the type of the first failure, with all of
            them named; one that is worth another try as it was
        """
        for _name, exc in self._failures:
            if db_api.is_retriable(exc):
                raise exc
        if self._failures:
            first = self._failures[0][1]
            text = '; '.join(
                f'{name}: {refusals.cause(exc)}'
                for name, exc in self._failures
            )
            said = refusals.with_message(
                first,
                f'{self.lease.resource_type} {self.lease.resource_id} is '
                f'here but for {text}',
            )
            said.__dict__[_OF_PARTS] = True
            raise said from first
