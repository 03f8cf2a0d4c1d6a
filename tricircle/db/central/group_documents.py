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

from collections.abc import Mapping

from sqlalchemy import orm

from tricircle.db.central import groups
from tricircle.db.central import sources
from tricircle.plan import security_group as group_plan
from tricircle.plan import state
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation


def group(
    group: state.SecurityGroup,
    region_name: str,
    generation: Generation,
    requires: tuple[Document, ...] = (),
) -> Document:
    """Return the document of a group."""
    body, omitted = group_plan.body(group)
    return Document(
        type=types.SECURITY_GROUP,
        id=group.id,
        region=region_name,
        generation=generation,
        body=dict(body),
        requires=requires,
        omitted=omitted,
    )


def remotes_of(
    groups: Mapping[str, state.SecurityGroup],
) -> dict[str, list[str]]:
    """Return the remote groups that the rules of groups name."""
    return {
        group.id: [
            rule.remote_group_id
            for rule in group.rules
            if rule.remote_group_id is not None
        ]
        for group in groups.values()
    }


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of groups, with those their rules lead to."""
    keys = [
        (types.SECURITY_GROUP, one) for one in groups.closure(session, ids)
    ]
    ages = generations(session, keys, region_name)
    found = groups.read(session, [one for _, one in keys])
    remotes = remotes_of(found)
    alone = {
        one.id: group(one, region_name, ages[types.SECURITY_GROUP, one.id])
        for one in found.values()
    }
    return {
        one: group(
            found[one],
            region_name,
            alone[one].generation,
            requires=tuple(
                alone[other]
                for other in sorted(group_plan.closure([one], remotes) - {one})
                if other in alone
            ),
        )
        for one in ids
        if one in found
    }
