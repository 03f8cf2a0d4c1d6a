# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region refuses to write, because it is central's."""

from typing import Any

from neutron.extensions import l3 as l3_extension
from neutron.services.l3_router import l3_router_plugin

from tests.unit.local import base
from tricircle.db.local.models import State
from tricircle.local import floating_ip
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.router import writes as router_writes
from tricircle.replica import types


def refuse(kind: str, *ids: Any) -> None:
    """Write some objects of a kind."""
    ownership.refuse(kind, ids, 'Thing', 'change it')


class RefuseTest(base.RegionTestCase):
    def test_what_the_ledger_does_not_know_is_the_regions_own(self) -> None:
        self.mark(types.ROUTER, 'another')
        # Of another type, with the same ID.
        self.mark(types.NETWORK, 'own')

        refuse(types.ROUTER, 'own')

    def test_what_is_centrals_is_named_with_what_to_do(self) -> None:
        self.mark(types.ROUTER, 'theirs')

        refused = self.assertRaises(
            refusals.BelongsToCentral, refuse, types.ROUTER, 'own', 'theirs'
        )

        self.assertEqual(
            'Thing theirs belongs to central Neutron: change it there, '
            'not in this region.',
            str(refused),
        )

    def test_it_is_centrals_from_before_it_is_made_until_it_is_gone(
        self,
    ) -> None:
        for state in (State.ALLOCATING, State.APPLYING, State.PRESENT):
            self.mark(types.ROUTER, 'theirs', state=state)
            self.assertRaises(
                refusals.BelongsToCentral, refuse, types.ROUTER, 'theirs'
            )
        self.mark(types.ROUTER, 'theirs', state=State.DELETED)

        refuse(types.ROUTER, 'theirs')

    def test_central_itself_may_write(self) -> None:
        self.mark(types.ROUTER, 'theirs')

        with actor.applying():
            refuse(types.ROUTER, 'theirs')

        # And only as long as that.
        self.assertRaises(
            refusals.BelongsToCentral, refuse, types.ROUTER, 'theirs'
        )

    def test_an_id_of_the_regions_own_counts_where_there_are_such(
        self,
    ) -> None:
        for kind in (types.SECURITY_GROUP, ledger.FLOATING_IP):
            self.mark(kind, 'central-id', local_id='local-id')
            self.assertRaises(
                refusals.BelongsToCentral, refuse, kind, 'local-id'
            )

    def test_what_is_no_id_is_left_to_neutron(self) -> None:
        self.mark(types.ROUTER, 'theirs')

        refuse(types.ROUTER, None, {'theirs': 1}, 7)


class _Stock:
    """A router plugin that notes what reaches it."""

    def __init__(self) -> None:
        self.reached: list[str] = []


def _noting(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> None:
        self.reached.append(name)

    return method


#: Writes of the API to routers and floating IPs; making a router concerns
#: no other.
WRITES = sorted(
    name
    for name in dir(l3_router_plugin.L3RouterPlugin)
    if name.split('_')[0] in ('create', 'update', 'delete', 'add', 'remove')
    and (
        name in dir(l3_extension.RouterPluginBase)
        or name.endswith('_extraroutes')
    )
    and name != 'create_router'
)

for _name in WRITES:
    setattr(_Stock, _name, _noting(_name))


class Plugin(
    router_writes.RouterWritesMixin,
    floating_ip.CentralFloatingIPsMixin,
    _Stock,
):
    """Our refusals in front of it; no user asks, who is sent to central."""


def arguments(write: str, *, central: bool) -> tuple[Any, ...]:
    """Return what the API calls a write with."""
    if write == 'create_floatingip':
        network = 'central-network' if central else 'own-network'
        return ({'floatingip': {'floating_network_id': network}},)
    kind = 'floatingip' if 'floatingip' in write else 'router'
    what = f'central-{kind}' if central else f'own-{kind}'
    return (what,) if write.startswith('delete_') else (what, {kind: {}})


class RouterWritesTest(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mark(types.ROUTER, 'central-router')
        self.mark(types.NETWORK, 'central-network')
        self.mark(
            ledger.FLOATING_IP, 'in-central', local_id='central-floatingip'
        )
        self.plugin = Plugin()

    def test_no_write_to_what_is_centrals_reaches_neutron(self) -> None:
        for write in WRITES:
            self.assertRaises(
                refusals.BelongsToCentral,
                getattr(self.plugin, write),
                self.context,
                *arguments(write, central=True),
            )
        self.assertEqual([], self.plugin.reached)

    def test_every_write_to_the_regions_own_reaches_neutron(self) -> None:
        for write in WRITES:
            getattr(self.plugin, write)(
                self.context, *arguments(write, central=False)
            )
        self.assertEqual(WRITES, self.plugin.reached)

    def test_every_write_from_central_reaches_neutron(self) -> None:
        with actor.applying():
            for write in WRITES:
                getattr(self.plugin, write)(
                    self.context, *arguments(write, central=True)
                )
        self.assertEqual(WRITES, self.plugin.reached)


def test_the_writes_are_those_of_the_api() -> None:
    assert {
        'add_extraroutes',
        'add_router_interface',
        'create_floatingip',
        'delete_router',
        'update_floatingip',
    } < set(WRITES)
