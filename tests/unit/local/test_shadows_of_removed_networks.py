# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports go with their network, also those that come meanwhile.

Central tells a region of the network's end alone. XJob has several jobs of a
region at a time: a document of the shadow ports that is late arrives while
the network is being removed, or the other way round.
"""

from typing import Any
from unittest import mock

from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.callbacks import events
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.replica import types

#: More steps than either has.
_MANY = 40
_PASSING = (exceptions.NeutronException,)


class TestRemovedNetworks(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0)
        patch.start()
        self.addCleanup(patch.stop)
        self.group = documents.group()
        self.apply(self.group)

    def begin(self) -> None:
        self.network = documents.network()
        self.apply(self.network)
        self.chunk = documents.shadows(self.network, self.group)
        self.end = documents.later(self.network, {}).generation

    def removed(self) -> bool:
        """Have central's removal carried out; tell whether it was."""
        try:
            apply.remove(
                neutron_context.get_admin_context(),
                types.NETWORK,
                self.network.id,
                generation=self.end,
            )
        except _PASSING:
            return False
        return True

    def is_gone(self) -> bool:
        row = self.row(types.NETWORK, self.network.id)
        return bool(row.state == State.DELETED)

    def told(self) -> None:
        """Have the shadow ports' document carried out, or refused."""
        try:
            apply.apply(neutron_context.get_admin_context(), self.chunk)
        except _PASSING:
            pass

    def left(self) -> list[Any]:
        """Return what is here of shadow ports, and of the network."""
        with db_api.CONTEXT_READER.using(self.context):
            return list(
                self.context.session.execute(
                    sa.select(
                        Replica.resource_type, Replica.resource_id
                    ).where(
                        Replica.resource_type.in_(
                            [
                                types.NETWORK,
                                types.SHADOW_PORTS,
                                'shadow-port',
                                'subnet',
                            ]
                        ),
                        Replica.state != State.DELETED,
                    )
                )
            )

    def test_ports_of_dhcp_agents_go_last(self) -> None:
        # An agent that has lost its port claims it again until the network
        # has gone, and fails at whatever it hears of meanwhile.
        self.begin()
        self.told()
        gone = self.heard_of_ports(events.AFTER_DELETE, 'device_owner')
        assert self.removed()

        assert gone == [types.SHADOW_DEVICE_OWNER, constants.DEVICE_OWNER_DHCP]

    def test_none_is_left_that_came_while_the_network_went(self) -> None:
        for first in (False, True):
            for number in range(1, _MANY):
                self.begin()
                if first:
                    self.told()
                with plugin_base.interrupted(number, self.told) as steps:
                    self.removed()
                assert self.is_gone() or self.removed()

                assert self.left() == [], (first, number)
                if steps[0] < number:
                    break
            else:
                self.fail('It has more steps than that.')

    def test_none_is_left_where_the_network_went_while_they_came(
        self,
    ) -> None:
        for number in range(1, _MANY):
            self.begin()
            with plugin_base.interrupted(number, self.removed) as steps:
                self.told()
            # XJob tries again what the other was in the way of.
            assert self.is_gone() or self.removed()

            assert self.left() == [], number
            if steps[0] < number:
                break
        else:
            self.fail('It has more steps than that.')
