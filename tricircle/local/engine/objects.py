# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is one object of Neutron's, with rows of its own and RBAC entries.

Neutron's API checks what users ask for. Central has done that, and knows
more: documents go past it, to the object.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.local.engine import attributes
from tricircle.local.engine import parts
from tricircle.local.engine import rbac
from tricircle.local.engine import refusals
from tricircle.replica import fields


class ObjectApplier:
    """Carry out documents of one kind.

    A region without the extension has a row in the ledger only, and says so.

    :param kind: the kind, with the table of its one resource
    :param model: Neutron's object
    :param rbac_model: Neutron's object of an RBAC entry
    :param alias: of the extension, empty for what Neutron always has
    """

    def __init__(
        self, kind: fields.Kind, model: Any, rbac_model: Any, alias: str = ''
    ) -> None:
        self._type = kind.type
        self._table = kind.tables[0]
        self._model = model
        self._rbac = rbac.Entries(rbac_model)
        self._alias = alias

    def _is_supported(self) -> bool:
        return not self._alias or attributes.has_extension(self._alias)

    def _find(self, context: Any, resource_id: str) -> Any:
        with db_api.CONTEXT_READER.using(context):
            return self._model.get_object(context, id=resource_id)

    def _tags(self, context: Any, resource_id: str) -> dict[str, Any]:
        """Return the attribute tags, if there is one."""
        if 'tags' not in self._table.names:
            return {}
        return attributes.tags_of(context, self._table.collection, resource_id)

    def read(self, found: Any) -> dict[str, Any]:
        """Return an object in the form that documents have it.

        Without what is not set and documents then leave out, and what the
        region has no extension for.
        """
        return {
            one.name: found[one.name]
            for one in self._table.fields
            if one.name != 'tags'
            and (one.required or found[one.name] is not None)
        }

    def values(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an object is to have of what a document says."""
        return {
            name: wanted.get(name)
            for name in self._table.names
            if name != 'tags'
        }

    def changed(self, context: Any, before: Any, after: Any) -> None:
        """Tell who has to hear of a change."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read it back in document form."""
        resource = self._table.resource
        if not self._is_supported():
            return desired or {}, [resource]
        found = self._find(context, resource_id)
        if found is None:
            return None
        body, omitted = attributes.project(
            {**self.read(found), **self._tags(context, resource_id)},
            self._table.names,
            desired and desired[resource],
            resource,
        )
        return {
            resource: body,
            'rbac': self._rbac.observe(context, resource_id),
        }, omitted

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse what is the region's own."""
        if self._find(context, resource_id) is not None:
            raise refusals.ReplicaConflict(type=self._type, id=resource_id)

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """It is applied before what names it."""

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return whose it is."""
        return {'project_id': body[self._table.resource]['project_id']}

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the object, its RBAC entries and tags."""
        if not self._is_supported():
            return
        wanted = body[self._table.resource]
        resource_id = wanted['id']
        found = self._find(context, resource_id)
        if found is None:
            with db_api.CONTEXT_WRITER.using(context):
                found = self._model(context, **self.values(wanted))
                found.create()
        self._rbac.withdraw(context, resource_id, body, doing)
        with doing.part('attributes'):
            self._change(context, found, wanted)
        self._rbac.grant(context, resource_id, body, doing)
        with doing.part('tags'):
            attributes.set_tags(
                context,
                self._table.collection,
                self._tags(context, resource_id),
                wanted,
            )

    def _change(
        self, context: Any, found: Any, wanted: Mapping[str, Any]
    ) -> None:
        before, values = self.read(found), self.values(wanted)
        changes = {
            name: values[name]
            for name in self._table.mutable
            if name in values and before.get(name) != values[name]
        }
        if not changes:
            return
        with db_api.CONTEXT_WRITER.using(context):
            one = self._model.get_object(context, id=found.id)
            one.update_fields(changes)
            one.update()
        self.changed(context, before, wanted)
