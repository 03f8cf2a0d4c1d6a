# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""RBAC policies: of the region's own resources, not of central's."""

from typing import Any

from tricircle.local.engine import kinds
from tricircle.local.engine.owner import ownership
from tricircle.local.process import core_plugin


class SharingMixin(core_plugin.CorePlugin):
    """Refusals in front of the real core plugin's writes."""

    def create_rbac_policy(
        self, context: Any, rbac_policy: dict[str, Any]
    ) -> Any:
        """Share something of the region's own."""
        self._refuse_rbac(rbac_policy['rbac_policy'], 'share it')
        return super().create_rbac_policy(context, rbac_policy)

    def update_rbac_policy(
        self, context: Any, id: str, rbac_policy: dict[str, Any]
    ) -> Any:
        """Change how something of the region's own is shared."""
        self._refuse_rbac(
            self._rbac_policy(context, id), 'change how it is shared'
        )
        return super().update_rbac_policy(context, id, rbac_policy)

    def delete_rbac_policy(self, context: Any, id: str) -> Any:
        """Stop sharing something of the region's own."""
        self._refuse_rbac(self._rbac_policy(context, id), 'stop sharing it')
        return super().delete_rbac_policy(context, id)

    def _rbac_policy(self, context: Any, id: str) -> dict[str, Any]:
        # The caller's own context: who may not see it gets a 404.
        found: dict[str, Any] = self.get_rbac_policy(context, id)
        return found

    @staticmethod
    def _refuse_rbac(entry: dict[str, Any], what: str) -> None:
        for kind in kinds.every():
            if kind.shared_as and kind.shared_as[0] == entry['object_type']:
                ownership.refuse(
                    kind.type, [entry['object_id']], kind.shared_as[1], what
                )
