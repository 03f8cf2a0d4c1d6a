# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/routers/{id}/replicas``."""

from typing import Any

from tricircle.central.engine import api
from tricircle.central.engine import schemas
from tricircle.central.router import reports
from tricircle.journal import intent
from tricircle.plan.router import planner as router_plan
from tricircle.replica import messages
from tricircle.replica import types


class RouterReplicaController(api.ReplicaController):
    """Where regions report on routers, and what became of them shows.

    On the north-south piece they report under its own ID.
    """

    def __init__(self) -> None:
        super().__init__(types.ROUTER)

    def _states(self, resource_id: str) -> list[messages.ReplicaStateBody]:
        """Return the state of each region, worst where it has two pieces.

        With what either of them lacks. And of the plan, which is central's
        own, unless all is well with it.
        """
        pieces = [
            one
            for piece_id in (
                resource_id,
                router_plan.north_south_id(resource_id),
            )
            for one in api.states(types.ROUTER, piece_id)
            # Without digest: it was removed, and may return.
            if one['digest'] is not None
            or one['status'] != intent.Status.IN_SYNC.value
        ]
        plans = [
            one
            for one in api.states(types.ROUTER_PLAN, resource_id)
            if one['status'] != intent.Status.IN_SYNC.value
        ]
        worst = {
            one['region']: one
            for one in sorted([*pieces, *plans], key=api.severity)
        }
        for one in pieces:
            shown = worst[one['region']]
            shown['omitted'] = sorted({*shown['omitted'], *one['omitted']})
        return [worst[region] for region in sorted(worst)]

    def update(
        self, request: Any, id: str, body: Any = None, **identifiers: str
    ) -> dict[str, Any]:
        """Take a report of a region."""
        resource_id = self._id(identifiers)
        self._enforce(request, 'update', {})
        report = schemas.read_of_router(body)
        self._authorize(request, id)
        newer = reports.take(resource_id, id, report)
        return {'replica': api.taken(newer)}
