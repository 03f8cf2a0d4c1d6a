# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of security groups, made from central's database."""

from collections.abc import Collection, Iterable, Mapping
import dataclasses
from typing import Final

from sqlalchemy import orm

from tricircle.db.central import sources
from tricircle.db.central.group import address_groups
from tricircle.db.central.group import reads as groups
from tricircle.plan import security_group as group_plan
from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.replica.document import Document

_ORDER: Final = {kind.type: at for at, kind in enumerate(kinds.KINDS)}


def alone(
    session: orm.Session,
    keys: Collection[sources.Key],
    region_name: str,
    ages: sources.Ages,
) -> dict[sources.Key, Document]:
    """Return documents of groups, and of what their rules lead to.

    :param keys: of :func:`tricircle.db.central.group.reads.closure`
    :returns: without what each of them requires
    """
    found = groups.read(
        session, [one for kind, one in keys if kind == types.SECURITY_GROUP]
    )
    made = address_groups.SOURCE.alone(
        session,
        [one for kind, one in keys if kind == types.ADDRESS_GROUP],
        region_name,
        ages,
    )
    for one in found.values():
        key = (types.SECURITY_GROUP, one.id)
        made[key] = Document(
            type=types.SECURITY_GROUP,
            id=one.id,
            region=region_name,
            generation=ages[key],
            body=dict(group_plan.body(one)),
        )
    return made


def required(
    made: Mapping[sources.Key, Document], group_ids: Iterable[str]
) -> tuple[Document, ...]:
    """Return the documents of groups and of all that their rules lead to.

    What others depend on comes first.

    :param made: of :func:`alone`
    """
    wanted = group_plan.closure(
        [(types.SECURITY_GROUP, one) for one in group_ids],
        {
            key: group_plan.named_by_rules(one.body['rules'])
            for key, one in made.items()
            if one.type == types.SECURITY_GROUP
        },
    )
    return ordered(made[key] for key in wanted if key in made)


def ordered(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return documents, those first that others depend on."""
    return tuple(sorted(documents, key=lambda one: (_ORDER[one.type], one.id)))


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of groups, with what their rules lead to."""
    keys = groups.closure(session, ids)
    made = alone(
        session, keys, region_name, generations(session, keys, region_name)
    )
    return {
        one: dataclasses.replace(
            made[types.SECURITY_GROUP, one],
            requires=tuple(
                other
                for other in required(made, [one])
                if (other.type, other.id) != (types.SECURITY_GROUP, one)
            ),
        )
        for one in ids
        if (types.SECURITY_GROUP, one) in made
    }
