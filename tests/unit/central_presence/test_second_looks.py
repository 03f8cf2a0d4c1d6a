# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who looks for routers, and does not see the one that is coming."""

from sqlalchemy import event

from tests.unit.central_presence import base
from tests.unit.central_presence import router_plans
from tricircle.db.central import models as central_models
from tricircle.journal import router_intents


class Killed(BaseException):
    """The process is no more."""


def _die(_session: object) -> None:
    raise Killed


class TestSecondLooks(router_plans.PlanningTestCase):
    def look_again(self, **kwargs: int) -> bool:
        """Do what central does from time to time."""
        with base.db_api.CONTEXT_WRITER.using(self.context):
            return router_intents.look_again(self.context.session, **kwargs)

    def looks(self) -> list[str]:
        return [row.network_id for row in self.rows(central_models.RouterLook)]

    def look(self, network_id: str) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record_on(self.context.session, network_id)

    def test_router_that_came_meanwhile_is_planned_though_who_looked_dies(
        self,
    ):
        network = self.make_network()
        router_id = self.make_router()
        context = base.n_context.get_admin_context()
        try:
            with base.db_api.CONTEXT_WRITER.using(context):
                event.listen(context.session, 'after_commit', _die)
                router_intents.record_on(context.session, network['id'])
        except Killed:
            pass
        self.attach(router_id, network)
        # That plan has begun before the commit.
        self.wants_plan(router_id)

        self.look_again()

        self.assertTrue(self.wants_plan(router_id))
        self.assertEqual([], self.looks())

    def test_nothing_is_left_to_look_at_where_there_is_a_router(self):
        network = self.make_network()
        router_id = self.make_router()
        self.attach(router_id, network)
        self.look_again()
        self.wants_plan(router_id)

        self.look(network['id'])

        self.assertTrue(self.wants_plan(router_id))
        self.assertEqual([], self.looks())

    def test_change_that_is_rolled_back_has_nobody_look(self):
        network = self.make_network()
        self.look_again()
        try:
            with base.db_api.CONTEXT_WRITER.using(self.context):
                router_intents.record_on(self.context.session, network['id'])
                raise Killed
        except Killed:
            pass

        self.assertEqual([], self.looks())

    def test_many_are_looked_at_some_at_a_time(self):
        network = self.make_network()
        self.look_again()
        for _number in range(3):
            self.look(network['id'])

        self.assertTrue(self.look_again(limit=2))
        self.assertFalse(self.look_again(limit=2))
        self.assertEqual([], self.looks())
