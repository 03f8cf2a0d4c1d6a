# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Changes that Neutron announces nowhere: tags, and who may use what.

They are seen as SQLAlchemy writes them, in the transaction of the change,
as Neutron's own revision numbers see theirs.
"""

from collections.abc import Callable, Iterable, Iterator
import threading
from typing import Any, Final

from neutron.db.models import tag as tag_models
from neutron_lib.db import standard_attr
from neutron_lib.plugins import directory
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import orm

from tricircle.central.engine import intents
from tricircle.central.engine import kinds

_lock: Final = threading.Lock()
_installed = False

#: Looks at what a session is about to write, and may refuse it.
Check = Callable[[orm.Session, Iterable[object]], None]


def _tagged(
    session: orm.Session, attribute_ids: Iterable[int]
) -> Iterator[tuple[str, str]]:
    """Yield (type, ID) of what has these standard attributes.

    Or of what it is a part of.
    """
    tagged = {
        table: (kind.type, column)
        for kind in kinds.every()
        for table, column in kind.tagged.items()
    }
    described = {
        table: (kind.type, find)
        for kind in kinds.every()
        for table, find in kind.described.items()
    }
    for attribute_id in sorted(attribute_ids):
        attribute = session.get(standard_attr.StandardAttribute, attribute_id)
        name = attribute.resource_type if attribute else ''
        if name in tagged:
            resource_type, column = tagged[name]
            resource_id = session.scalar(
                sa.select(column).where(
                    column.table.c.standard_attr_id == attribute_id
                )
            )
        elif name in described:
            resource_type, find = described[name]
            resource_id = find(session, attribute_id)
        else:
            continue
        if resource_id is not None:
            yield resource_type, resource_id


def _touched(session: orm.Session) -> tuple[set[int], set[tuple[str, str]]]:
    rows = {
        model: (kind.type, attribute)
        for kind in kinds.every()
        for model, attribute in kind.rows.items()
    }
    described = {
        table
        for kind in kinds.every()
        for table in (
            *(kind.tagged if kind.model in kind.rows else ()),
            *kind.described,
        )
    }
    tagged: set[int] = set()
    changed: set[tuple[str, str]] = set()
    for one in (*session.new, *session.dirty, *session.deleted):
        if isinstance(one, tag_models.Tag):
            # None: of a resource that is being made in the same flush.
            if one.standard_attr_id is not None:
                tagged.add(one.standard_attr_id)
        elif isinstance(one, standard_attr.StandardAttribute):
            if one.resource_type in described and _is_described_anew(one):
                tagged.add(one.id)
        elif type(one) in rows:
            resource_type, found = rows[type(one)]
            changed |= {
                (resource_type, resource_id)
                for resource_id in _ids(session, one, found)
            }
    return tagged, changed


def _ids(
    session: orm.Session, row: object, found: str | kinds.Finder
) -> list[str]:
    if not isinstance(found, str):
        return list(found(session, row))
    resource_id = getattr(row, found)
    return [] if resource_id is None else [resource_id]


def _is_described_anew(attribute: Any) -> bool:
    """Tell whether the description of what is there already changes."""
    return (
        attribute.id is not None
        and sa.inspect(attribute).attrs.description.history.has_changes()
    )


def record(session: orm.Session) -> None:
    """Record intents for what is about to be flushed."""
    tagged, changed = _touched(session)
    if tagged or changed:
        intents.several_changed(session, {*_tagged(session, tagged), *changed})


def install(core_plugin: type, check: Check) -> None:
    """Watch the sessions of a process whose core plugin is `core_plugin`.

    Safe to repeat; what another core plugin writes is not looked at.

    :param check: looks first at what is new or changed
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True

    def before_flush(session: orm.Session, *args: Any) -> None:
        if isinstance(directory.get_plugin(), core_plugin):
            check(session, (*session.new, *session.dirty))
            record(session)

    event.listen(orm.Session, 'before_flush', before_flush)
