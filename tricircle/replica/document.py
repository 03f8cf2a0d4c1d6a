# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents: what a region must have for one resource."""

from collections.abc import Iterable, Iterator, Mapping
import dataclasses
from typing import Any

from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.replica.body import digest as digests

#: Version of the document format. A reader accepts its own version and the
#: one before and after it: unknown keys are ignored, missing ones defaulted.
SCHEMA_VERSION = 1


class DocumentError(ValueError):
    """A document that cannot be read; the text says what is wrong."""


@dataclasses.dataclass(frozen=True, order=True)
class Generation:
    """Age of a document: a later one replaces an earlier one.

    :ivar epoch: changes when central is restored from a backup
    :ivar counter: counts the intents of one resource in one region
    """

    epoch: int
    counter: int

    def __str__(self) -> str:
        return f'{self.epoch}.{self.counter}'

    def older_than(self, applied: 'Generation') -> bool:
        """Tell whether this must be refused where `applied` was applied.

        Counters are only compared within an epoch: a restored central
        counts from where its backup was, and is right all the same.
        """
        return self.epoch == applied.epoch and self.counter < applied.counter


@dataclasses.dataclass(frozen=True)
class Document:
    """Everything that `region` must have for one resource.

    :ivar type: one of :data:`tricircle.replica.kinds.KINDS`
    :ivar id: ID of the resource, the same in central and in the region
    :ivar body: plain data, see the TypedDicts in
        :mod:`tricircle.replica.body.bodies`
    :ivar requires: documents that must be applied before this one; they
        never require anything themselves
    :ivar omitted: what central has and the region does not get yet, such
        as ``network.qos_policy_id``; shown in the replica state
    :ivar initial: attributes that the resource has when a region makes it,
        and that are the region's own from then on. They are not compared
    :ivar told: what central was told last of the resource by the region, a
        :class:`tricircle.replica.messages.ToldBody`; empty when nothing. Not
        compared: a region that does not remember takes it up again
    :ivar along: documents of what hangs on this one, and comes along with
        it in an answer: applied after it, with what they require
    """

    type: str
    id: str
    region: str
    generation: Generation
    body: Mapping[str, Any]
    requires: tuple['Document', ...] = ()
    omitted: tuple[str, ...] = ()
    initial: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    along: tuple['Document', ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the body alone."""
        return digests.digest(self.body)

    def flattened(self) -> Iterator['Document']:
        """Yield the required documents, in order, then this one."""
        yield from self.requires
        yield self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form.

        What the version before has no documents of stands apart, where it
        lets it pass, instead of refusing all. So it does what comes along.
        """
        first = [one.to_dict() for one in self.requires if _is_new(one)]
        along = [one.to_dict() for one in self.along]
        return {
            **({'first': first} if first else {}),
            **({'initial': dict(self.initial)} if self.initial else {}),
            **({'told': dict(self.told)} if self.told else {}),
            **({'along': along} if along else {}),
            'schema': SCHEMA_VERSION,
            'type': self.type,
            'id': self.id,
            'region': self.region,
            'generation': {
                'epoch': self.generation.epoch,
                'counter': self.generation.counter,
            },
            'digest': self.digest,
            'body': dict(self.body),
            'requires': [
                one.to_dict() for one in self.requires if not _is_new(one)
            ],
            'omitted': list(self.omitted),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> 'Document':
        """Read the JSON form.

        What comes first or along and is of no kind that this version has is
        left out: a version ahead means it to be let pass. The job that it
        has of its own says that it is not here.

        :raises DocumentError: when something needed is missing or wrong, or
            the version is more than one off
        """
        try:
            schema = int(data['schema'])
            if abs(schema - SCHEMA_VERSION) > 1:
                raise DocumentError(
                    f'schema version {schema} is not within one of '
                    f'{SCHEMA_VERSION}'
                )
            generation = Generation(
                int(data['generation']['epoch']),
                int(data['generation']['counter']),
            )
            body = data['body']
            if not isinstance(body, Mapping):
                raise DocumentError('body is no object')
            return cls(
                type=str(data['type']),
                id=str(data['id']),
                region=str(data['region']),
                generation=generation,
                body=body,
                requires=tuple(
                    cls.from_dict(one)
                    for one in (
                        *_known(data.get('first', ())),
                        *data.get('requires', ()),
                    )
                ),
                omitted=tuple(data.get('omitted', ())),
                initial=dict(data.get('initial', {})),
                told=dict(data.get('told', {})),
                along=tuple(
                    cls.from_dict(one) for one in _known(data.get('along', ()))
                ),
            )
        except DocumentError:
            raise
        except (KeyError, TypeError, ValueError) as exc:
            raise DocumentError(f'unreadable document: {exc!r}') from exc


def _is_new(document: Document) -> bool:
    return document.type in types.NEW


def _known(
    several: Iterable[Mapping[str, Any]],
) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON forms of documents of kinds that this version has."""
    return (one for one in several if one['type'] in kinds.BY_TYPE)
