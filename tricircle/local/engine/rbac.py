# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""RBAC entries of replicas, with central's IDs."""

from collections.abc import Mapping
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.local.engine import parts


class Entries:
    """Who else may use what is of one kind.

    :param model: Neutron's object of such an entry
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def observe(self, context: Any, object_id: str) -> list[dict[str, Any]]:
        """Read the entries of an object back, in document form."""
        with db_api.CONTEXT_READER.using(context):
            entries = self._model.get_objects(context, object_id=object_id)
        return sorted(
            (
                {
                    'id': str(entry.id),
                    'project_id': entry.project_id or '',
                    'target_tenant': entry.target_project,
                    'action': entry.action,
                }
                for entry in entries
            ),
            key=lambda one: str(one['id']),
        )

    def withdraw(
        self,
        context: Any,
        object_id: str,
        body: Mapping[str, Any],
        doing: parts.Parts,
    ) -> None:
        """Remove what is not wanted, as a part of a document."""
        if not doing.is_in_place(body, 'rbac'):
            with doing.part('RBAC entries removed'):
                self.remove(context, object_id, body['rbac'])

    def grant(
        self,
        context: Any,
        object_id: str,
        body: Mapping[str, Any],
        doing: parts.Parts,
    ) -> None:
        """Add what is wanted and not here, as a part of a document."""
        if not doing.is_in_place(body, 'rbac'):
            with doing.part('RBAC entries'):
                self.add(context, object_id, body['rbac'])

    def remove(
        self, context: Any, object_id: str, wanted: list[dict[str, Any]]
    ) -> None:
        """Remove entries that are not wanted.

        An external network gets an entry of Neutron's own at creation
        (external_net_db): central's takes its place.
        """
        kept = {one['id'] for one in wanted}
        gone = [
            one['id']
            for one in self.observe(context, object_id)
            if one['id'] not in kept
        ]
        if gone:
            with db_api.CONTEXT_WRITER.using(context):
                self._model.delete_objects(
                    context, id=gone, object_id=object_id
                )

    def add(
        self, context: Any, object_id: str, wanted: list[dict[str, Any]]
    ) -> None:
        """Add entries that are wanted and not here."""
        if not wanted:
            return
        here = {one['id'] for one in self.observe(context, object_id)}
        new = [one for one in wanted if one['id'] not in here]
        if not new:
            return
        with db_api.CONTEXT_WRITER.using(context):
            for one in new:
                self._model(
                    context,
                    id=one['id'],
                    object_id=object_id,
                    project_id=one['project_id'],
                    action=one['action'],
                    target_project=one['target_tenant'],
                ).create()
