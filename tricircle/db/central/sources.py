# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How documents of a kind are made from central's database."""

from collections.abc import Callable, Iterable, Mapping
import dataclasses
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

#: Type and ID.
Key = tuple[str, str]
Ages = Mapping[Key, Generation]


class Generations(Protocol):
    """:func:`tricircle.journal.intent.generations`, a layer above this."""

    def __call__(
        self, session: orm.Session, keys: Iterable[Key], region_name: str
    ) -> Ages:
        """Return the generation of each (type, ID) in a region."""


class MissingReservation(Exception):
    """A network has no gateway or DHCP address for a region yet.

    Only central Neutron can reserve them; see
    :func:`tricircle.central.held.reservations.reserve`.

    :ivar resource_type: of what has to be granted
    :ivar resource_id: its ID
    :ivar region_name: the region
    """

    resource_type: ClassVar[str] = types.NETWORK
    _lacks: ClassVar[str] = 'no addresses reserved for'

    def __init__(self, resource_id: str, region_name: str) -> None:
        super().__init__(
            f'{self.resource_type} {resource_id} has {self._lacks} '
            f'{region_name}'
        )
        self.resource_id = resource_id
        self.region_name = region_name


class MissingPorts(MissingReservation):
    """A trunk carries ports that are not in its region yet.

    Only central Neutron can bring them there, from where they are.
    """

    resource_type = types.TRUNK
    _lacks = 'ports that are not yet in'


def flat(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return documents and what they require, each once and by itself.

    What others require comes before them.
    """
    found: dict[Key, Document] = {}
    for one in documents:
        for other in one.flattened():
            alone = (
                dataclasses.replace(other, requires=())
                if other.requires
                else other
            )
            found.setdefault((other.type, other.id), alone)
    return tuple(found.values())


Source = Callable[
    [orm.Session, list[str], str, Generations], dict[str, Document]
]


#: From documents by ID, those of what hangs on them.
Along = Callable[
    [orm.Session, Mapping[str, Document], str, Generations],
    Mapping[str, Document],
]


@dataclasses.dataclass(frozen=True)
class Kind:
    """How central's database has one kind of resource.

    :ivar documents: makes its documents
    :ivar anywhere: the table with ID and project of each, where a region may
        have one whatever else it has; None where more decides that
    :ivar along: makes what comes along with its documents in an answer
    """

    documents: Source
    anywhere: sa.Table | None = None
    along: Along | None = None


@dataclasses.dataclass(frozen=True)
class Plain:
    """Documents of what requires nothing.

    :ivar type: of the documents
    :ivar bodies: reads their bodies, by ID, without what central has not
    """

    type: str
    bodies: Callable[[orm.Session, list[str]], Mapping[str, Mapping[str, Any]]]

    def alone(
        self,
        session: orm.Session,
        ids: Iterable[str],
        region_name: str,
        ages: Ages,
    ) -> dict[Key, Document]:
        """Return documents; without a statement where there are none.

        :param ages: their generations, read before
        """
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        return {
            (self.type, key): Document(
                type=self.type,
                id=key,
                region=region_name,
                generation=ages[self.type, key],
                body=dict(body),
            )
            for key, body in self.bodies(session, wanted).items()
        }

    def documents(
        self,
        session: orm.Session,
        ids: list[str],
        region_name: str,
        generations: Generations,
    ) -> dict[str, Document]:
        """Return documents, see :data:`Source`."""
        ages = generations(
            session, [(self.type, one) for one in ids], region_name
        )
        return {
            key: one
            for (_, key), one in self.alone(
                session, ids, region_name, ages
            ).items()
        }
