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
    """Yield (type, ID) of what has these standard attributes."""
    tagged = {
        table: (kind.type, column)
        for kind in kinds.every()
        for table, column in kind.tagged.items()
    }
    for attribute_id in sorted(attribute_ids):
        attribute = session.get(standard_attr.StandardAttribute, attribute_id)
        found = tagged.get(attribute.resource_type) if attribute else None
        if found is None:
            continue
        resource_type, column = found
        resource_id = session.scalar(
            sa.select(column).where(
                column.table.c.standard_attr_id == attribute_id
            )
        )
        if resource_id is not None:
            yield resource_type, resource_id


def _touched(session: orm.Session) -> tuple[set[int], set[tuple[str, str]]]:
    shared_by = {
        kind.shared: kind.type for kind in kinds.every() if kind.shared
    }
    tagged: set[int] = set()
    shared: set[tuple[str, str]] = set()
    for one in (*session.new, *session.dirty, *session.deleted):
        if isinstance(one, tag_models.Tag):
            # None: of a resource that is being made in the same flush.
            if one.standard_attr_id is not None:
                tagged.add(one.standard_attr_id)
        elif type(one) in shared_by and one.object_id is not None:
            shared.add((shared_by[type(one)], one.object_id))
    return tagged, shared


def record(session: orm.Session) -> None:
    """Record intents for what is about to be flushed."""
    tagged, shared = _touched(session)
    if tagged or shared:
        intents.several_changed(session, {*_tagged(session, tagged), *shared})


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
