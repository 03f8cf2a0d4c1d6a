# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What planning a router asks the database."""

from tests.unit.central_presence import router_plans

#: Of a plan that has nothing to change: two looks at the router, one at the
#: networks for both regions, and one a region at what the journal says.
_NOTHING_NEW = 56


class TestPlanStatements(router_plans.PlanningTestCase):
    def test_a_plan_reads_the_router_and_its_networks_once_for_all_regions(
        self,
    ):
        router_id, _, _ = self.t3()
        for _number in range(2):
            self.planned(router_id)
            self.settle()

        with self.statements() as made:
            self.planned(router_id)

        self.assertLessEqual(len(made), _NOTHING_NEW)
        of_names = [one for one in made if 'FROM dnsnameservers' in one]
        self.assertEqual(1, len(of_names), of_names)
