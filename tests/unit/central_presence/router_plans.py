# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central that lays routers out, as its own processes do."""

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.routers import RouterTestCase
from tricircle.central.router import planning
from tricircle.db.central import documents as central_state
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.db.central.router import documents as router_documents
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort


class PlanningTestCase(RouterTestCase):
    def planned(self, router_id: str) -> bool:
        """Lay a router out; tell whether nothing is left of it."""
        return planning.plan(router_id)

    def plan(self, router_id: str) -> planning.NotPlanned | None:
        """Lay a router out; return why it is not so everywhere."""
        try:
            planning.plan(router_id)
        except planning.NotPlanned as exc:
            return exc
        return None

    def settle(self) -> None:
        """Let every region have what it is to have, as XJob does."""
        for row in self.rows(central_models.JournalEntry, pending=True):
            if row.resource_type == types.ROUTER_PLAN:
                continue
            with base.db_api.CONTEXT_WRITER.using(self.context):
                session = self.context.session
                try:
                    found = central_state.document(
                        session,
                        row.resource_type,
                        row.resource_id,
                        row.region_name,
                        intent.generations,
                    )
                except router_documents.MissingLeg as exc:
                    # A change came before its plan: it waits for that.
                    router_intents.record(session, [exc.router_id])
                    continue
                if found is not None:
                    intent.confirm(
                        session,
                        row.resource_type,
                        row.resource_id,
                        row.region_name,
                        found.generation,
                        found.digest,
                    )
                    continue
                intent.forget(
                    session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                )
                presence_db.revoke(
                    session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                )
                if row.resource_type == types.ROUTER:
                    router_intents.remove_piece(
                        session, row.resource_id, row.region_name
                    )

    def pending(self) -> set[tuple[str, str, str]]:
        return {
            (row.resource_type, row.resource_id, row.region_name)
            for row in self.rows(central_models.JournalEntry, pending=True)
            if row.resource_type != types.ROUTER_PLAN
        }

    def wants_plan(self, router_id: str) -> bool:
        """Tell whether the router is to be laid out, and forget it."""
        key = intent.entry_id(
            types.ROUTER_PLAN, router_id, router_intents.region_name()
        )
        found = self.rows(central_models.JournalEntry, id=key)
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.forget(
                self.context.session,
                types.ROUTER_PLAN,
                router_id,
                router_intents.region_name(),
            )
        return bool(found)

    def t3(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return a router with a network in each region, and a way out."""
        external = self.make_external('RegionTwo')
        router_id = self.make_router(external=external['id'])
        one, two = self.attach_in_both(router_id)
        return router_id, one, two

    def legs(self) -> dict[tuple[str, str], set[str]]:
        """Return the addresses of legs by piece and region."""
        names = {
            row.pod_id: row.region_name
            for row in self.rows(central_models.Pod)
        }
        return {
            (row.router_id, names[row.pod_id]): {
                fixed['ip_address']
                for fixed in self.plugin.get_port(self.context, row.port_id)[
                    'fixed_ips'
                ]
            }
            for row in self.rows(
                central_models.ReservedPort, kind=HeldPort.BRIDGE_LEG
            )
        }
