# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Floating IPs of a router replica, against a plugin's rules."""

from collections.abc import Collection
import itertools
from typing import Any
from unittest import mock
import uuid

from neutron_lib import constants
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import directory

from tests.unit.local import base
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine.lease import leases
from tricircle.local.router import floating_ips
from tricircle.local.router import reads as router_reads

ROUTER = 'router'


class L3Plugin:
    """Keeps floating IPs in memory, as Neutron allows them to be."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.rows: dict[str, dict[str, Any]] = {}
        self.missing_ports: set[str] = set()
        self.swept: list[tuple[str, str]] = []

    def read(
        self, context: Any, local_ids: Collection[str]
    ) -> list[dict[str, Any]]:
        """Stand in for what is read of Neutron's tables."""
        return [
            dict(row) for key, row in self.rows.items() if key in local_ids
        ]

    def create_floatingip(
        self, context: Any, body: dict[str, Any]
    ) -> dict[str, Any]:
        local_id = str(uuid.uuid4())
        with db_api.CONTEXT_WRITER.using(context):
            # As the plugin hears of it: before the commit.
            floating_ips.note_creation(context.session, local_id)
            self.put(local_id, body['floatingip'])
        return self.rows[local_id]

    def update_floatingip(
        self, context: Any, local_id: str, body: dict[str, Any]
    ) -> None:
        self.put(local_id, {**self.rows[local_id], **body['floatingip']})

    def put(self, local_id: str, values: dict[str, Any]) -> None:
        row = {'id': local_id, **values}
        if row['port_id'] is None:
            row.update(fixed_ip_address=None, router_id=None)
        if row['port_id'] in self.missing_ports:
            raise exceptions.PortNotFound(port_id=row['port_id'])
        for key, other in self.rows.items():
            if key == local_id:
                continue
            if other['floating_ip_address'] == row['floating_ip_address']:
                raise AssertionError('two of one address')
            if row['port_id'] and target(other) == target(row):
                raise l3_exceptions.FloatingIPPortAlreadyAssociated(
                    port_id=row['port_id'],
                    fip_id=local_id,
                    floating_ip_address=row['floating_ip_address'],
                    fixed_ip=row['fixed_ip_address'],
                    net_id=row['floating_network_id'],
                )
        self.rows[local_id] = row

    def delete_floatingip(self, context: Any, local_id: str) -> None:
        if self.rows.pop(local_id, None) is None:
            raise l3_exceptions.FloatingIPNotFound(floatingip_id=local_id)

    def remove_half_made_floating_ports(
        self, context: Any, network_id: str, address: str
    ) -> None:
        self.swept.append((network_id, address))


def target(row: dict[str, Any]) -> tuple[str, str]:
    """What a floating IP is for."""
    return row['port_id'], row['fixed_ip_address']


_last = itertools.count(10)


def wanted(name: str, **values: Any) -> dict[str, Any]:
    """A floating IP in document form."""
    return {
        'id': name,
        'project_id': 'p',
        'floating_network_id': 'external',
        'floating_ip_address': f'203.0.113.{next(_last)}',
        'port_id': f'port-of-{name}',
        'fixed_ip_address': '10.0.0.5',
        'description': '',
        **values,
    }


class FloatingIPTestCase(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.plugin = L3Plugin(self.context)
        reading = mock.patch.object(
            router_reads, 'floating_ips', self.plugin.read
        )
        reading.start()
        self.addCleanup(reading.stop)

    def put(
        self,
        *items: dict[str, Any],
        router: str = ROUTER,
        touched: tuple[str, ...] = (),
    ) -> list[Exception]:
        """Do what the applier does, in its order."""
        floating_ips.remove(
            self.context,
            self.plugin,
            router,
            floating_ips.leaving(self.context, router, items),
        )
        floating_ips.detach(
            self.context,
            self.plugin,
            router,
            items,
            lambda one: one['port_id'] in touched,
        )
        self.between = self.here(router)
        doing = parts.Parts(leases.Lease('router', router, 'me'))
        floating_ips.apply(self.context, self.plugin, router, items, doing)
        return doing.failures

    def here(self, router: str = ROUTER) -> list[dict[str, Any]]:
        return floating_ips.observe(self.context, router)


class FloatingIPTest(FloatingIPTestCase):
    def test_they_are_made_with_ids_of_the_regions_own(self) -> None:
        items = [wanted('a'), wanted('b')]

        self.assertEqual([], self.put(*items))

        self.assertEqual(items, self.here())
        self.assertEqual(
            {key: (local, ROUTER) for local, key in self.locals().items()},
            self.marked(ledger.FLOATING_IP),
        )
        self.assertFalse({'a', 'b'} & set(self.plugin.rows))

    def locals(self) -> dict[str, str]:
        """Return which one of central's each row here is, by address."""
        by_address = {
            one['floating_ip_address']: one['id'] for one in self.here()
        }
        return {
            key: by_address[row['floating_ip_address']]
            for key, row in self.plugin.rows.items()
        }

    def test_what_is_as_wanted_keeps_its_id(self) -> None:
        items = [wanted('a'), wanted('b')]
        self.put(*items)
        before = dict(self.plugin.rows)

        self.put(items[0], {**items[1], 'description': 'text'})

        self.assertEqual(before.keys(), self.plugin.rows.keys())
        self.assertEqual('text', self.here()[1]['description'])

    def test_what_is_not_wanted_any_more_goes_with_its_mark(self) -> None:
        items = [wanted('a'), wanted('b')]
        self.put(*items)

        self.put(items[1])

        self.assertEqual([items[1]], self.here())
        self.assertEqual({'b'}, set(self.marked(ledger.FLOATING_IP)))

    def test_one_of_the_regions_own_stays(self) -> None:
        own = {**wanted('own'), 'router_id': ROUTER}
        self.plugin.put('own', own)

        self.put()

        self.assertEqual({'own': own}, self.plugin.rows)

    def test_another_address_is_another_floating_ip(self) -> None:
        first = wanted('a')
        self.put(first)
        [before] = self.plugin.rows

        second = {**first, 'floating_ip_address': '203.0.113.250'}
        self.put(second)

        self.assertEqual([second], self.here())
        self.assertNotIn(before, self.plugin.rows)

    def test_what_somebody_deleted_here_is_made_again(self) -> None:
        item = wanted('a')
        self.put(item)
        self.plugin.rows.clear()

        self.put(item)

        self.assertEqual([item], self.here())

    def test_two_change_places(self) -> None:
        first, second = wanted('a'), wanted('b')
        self.put(first, second)
        place = {'port_id': first['port_id']}
        other = {'port_id': second['port_id']}

        errors = self.put({**first, **other}, {**second, **place})

        self.assertEqual([], errors)
        self.assertEqual(
            [second['port_id'], first['port_id']],
            [one['port_id'] for one in self.here()],
        )

    def test_one_on_a_port_that_changes_comes_off_in_between(self) -> None:
        items = [wanted('a'), wanted('b')]
        self.put(*items)

        self.put(*items, touched=(items[0]['port_id'],))

        self.assertEqual(
            [None, items[1]['port_id']],
            [one['port_id'] for one in self.between],
        )
        self.assertEqual(items, self.here())

    def test_one_that_cannot_be_had_does_not_keep_others_away(self) -> None:
        items = [wanted('a'), wanted('b'), wanted('c')]
        self.plugin.missing_ports = {items[1]['port_id']}

        errors = self.put(*items)

        self.assertEqual(
            [exceptions.PortNotFound], [type(one) for one in errors]
        )
        self.assertEqual([items[0], items[2]], self.here())
        # Nothing says that it is there: not the mark either.
        self.assertEqual({'a', 'c'}, set(self.marked(ledger.FLOATING_IP)))

    def test_one_that_goes_to_another_router_is_its_from_then_on(
        self,
    ) -> None:
        item = wanted('a')
        self.put(item)
        moved = {**item, 'port_id': 'port-of-other'}

        self.put(moved, router='other')
        self.put()

        self.assertEqual([moved], self.here('other'))
        self.assertEqual([], self.here())
        [(_local_id, parent)] = self.marked(ledger.FLOATING_IP).values()
        self.assertEqual('other', parent)

    def test_what_an_interruption_left_goes_before_one_is_made(self) -> None:
        item = wanted('a')

        self.put(item)
        self.put(item)

        # Once: looking for it each time would cost each time.
        self.assertEqual(
            [('external', item['floating_ip_address'])], self.plugin.swept
        )


class CorePlugin:
    """Has one port."""

    def __init__(self, device_owner: str, *addresses: str) -> None:
        self.port = {
            'device_owner': device_owner,
            'fixed_ips': [
                {'subnet_id': f'subnet-of-{one}', 'ip_address': one}
                for one in addresses
            ],
        }

    def get_port(self, context: Any, port_id: str) -> dict[str, Any]:
        return self.port


class AcrossLegTest(base.RegionTestCase):
    def across(
        self, plugin: CorePlugin, **values: Any
    ) -> tuple[dict[str, Any], str, str] | None:
        directory.add_plugin('CORE', plugin)
        return floating_ips.across_leg(
            self.context,
            {'port_id': 'leg', 'fixed_ip_address': '10.0.0.5', **values},
        )

    def test_what_is_beyond_a_leg_is_reached_by_its_ipv4_subnet(self) -> None:
        plugin = CorePlugin(
            constants.DEVICE_OWNER_ROUTER_INTF, 'fd00::1', '100.0.1.1'
        )

        self.assertEqual(
            (plugin.port, 'subnet-of-100.0.1.1', '10.0.0.5'),
            self.across(plugin),
        )

    def test_an_instances_port_is_for_its_own_address(self) -> None:
        plugin = CorePlugin('compute:nova', '10.0.0.7')

        self.assertIsNone(self.across(plugin))

    def test_a_leg_without_ipv4_reaches_nothing(self) -> None:
        plugin = CorePlugin(constants.DEVICE_OWNER_ROUTER_INTF, 'fd00::1')

        self.assertIsNone(self.across(plugin))

    def test_a_floating_ip_that_is_for_nothing_is_left_to_neutron(
        self,
    ) -> None:
        plugin = CorePlugin(constants.DEVICE_OWNER_ROUTER_INTF, '100.0.1.1')

        self.assertIsNone(self.across(plugin, port_id=None))
        self.assertIsNone(self.across(plugin, fixed_ip_address=None))
        self.assertIsNone(self.across(plugin, fixed_ip_address='fd00::5'))
