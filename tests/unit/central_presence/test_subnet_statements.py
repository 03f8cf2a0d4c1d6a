# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a subnet costs on a network that several regions have."""

import itertools

from tests.unit.central_presence import base

REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')
#: Statements that write what one more region holds of a subnet: two ports
#: with their addresses, where each has no choice but to be read or written.
_A_REGION = 23


class TestSubnetStatements(base.PresenceTestCase):
    def counts(self) -> list[int]:
        """Return the statements of a first subnet, by number of regions."""
        found = []
        for number in range(len(REGIONS) + 1):
            network = self.make('network')
            for region in REGIONS[:number]:
                self.pulled('network', network['id'], region)
            # Caches fill.
            other = self.make('network')
            self.make_subnet(other, '10.8.0.0/24')
            with self.statements() as made:
                self.make_subnet(network, '10.9.0.0/24')
            found.append(len(made))
        return found

    def test_one_more_region_adds_little_more_than_it_writes(self) -> None:
        counts = self.counts()
        print(counts)
        more = [after - before for before, after in itertools.pairwise(counts)]
        self.assertLessEqual(max(more[1:]), _A_REGION, counts)
