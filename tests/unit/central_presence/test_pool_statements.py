# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What subnet pools cost where there are none."""

from neutron.db import models_v2

from tests.unit.central_presence import base
from tricircle.replica import types


class TestSubnetsOfNoPool(base.PresenceTestCase):
    def test_their_network_asks_for_no_pool(self) -> None:
        network = self.make_network()
        self.pulled('network', network['id'])
        tables = [
            model.__table__.name
            for model in (models_v2.SubnetPool, models_v2.SubnetPoolPrefix)
        ]

        with self.statements() as made:
            self.document(types.NETWORK, network['id'])
            self.pulled('network', network['id'], 'RegionTwo')

        self.assertEqual(
            [],
            [
                one
                for one in made
                if any(f'FROM {table}' in one for table in tables)
            ],
        )
