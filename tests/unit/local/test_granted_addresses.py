# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Addresses that central gave, noted in Neutron's own tables."""

from typing import Any

import netaddr
from neutron.db import models_v2
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_req
from neutron.ipam.drivers.neutrondb_ipam import db_models
from neutron.ipam.drivers.neutrondb_ipam import driver
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from oslo_utils import uuidutils
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.local.port.address import granted_addresses


class TakeTest(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        # Neutron's driver asks it for subnets.
        self.setup_coreplugin('neutron.db.db_base_plugin_v2.NeutronDbPluginV2')
        network_id = uuidutils.generate_uuid()
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.add(
                models_v2.Network(id=network_id, project_id='p')
            )
        self.first = self.make_subnet(network_id, '10.0.1.0/24')
        self.second = self.make_subnet(network_id, '10.0.2.0/24')

    def make_subnet(self, network_id: str, cidr: str) -> str:
        """Make a subnet as Neutron does, with its IPAM rows."""
        subnet_id = uuidutils.generate_uuid()
        net = netaddr.IPNetwork(cidr)
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.add(
                models_v2.Subnet(
                    id=subnet_id,
                    network_id=network_id,
                    project_id='p',
                    ip_version=4,
                    cidr=cidr,
                )
            )
        self.pool().allocate_subnet(
            ipam_req.SpecificSubnetRequest(
                'p',
                subnet_id,
                cidr,
                allocation_pools=[netaddr.IPRange(net[2], net[9])],
            )
        )
        return subnet_id

    def pool(self) -> Any:
        return driver.NeutronDbPool(None, self.context)

    def neutron_gives(self, subnet_id: str, address: str | None) -> str:
        """Return what Neutron's own driver gives out."""
        request = (
            ipam_req.SpecificAddressRequest(address)
            if address
            else ipam_req.AnyAddressRequest()
        )
        with db_api.CONTEXT_WRITER.using(self.context):
            return str(self.pool().get_subnet(subnet_id).allocate(request))

    def take(self, *addresses: tuple[str, str]) -> list[dict[str, str]]:
        return granted_addresses.take(
            self.context,
            [
                {'subnet_id': subnet_id, 'ip_address': address, 'more': 'x'}
                for subnet_id, address in addresses
            ],
        )

    def taken(self) -> set[tuple[str, str]]:
        """Return what stands in Neutron's tables, by subnet."""
        subnet, allocation = db_models.IpamSubnet, db_models.IpamAllocation
        with db_api.CONTEXT_READER.using(self.context):
            return {
                (row.neutron_subnet_id, row.ip_address)
                for row in self.context.session.execute(
                    sa.select(
                        subnet.neutron_subnet_id, allocation.ip_address
                    ).join(allocation, allocation.ipam_subnet_id == subnet.id)
                )
            }

    def test_neutron_does_not_give_out_what_was_taken(self) -> None:
        made = self.take((self.first, '10.0.1.5'), (self.second, '10.0.2.5'))

        self.assertEqual(
            [
                {'subnet_id': self.first, 'ip_address': '10.0.1.5'},
                {'subnet_id': self.second, 'ip_address': '10.0.2.5'},
            ],
            made,
        )
        self.assertRaises(
            ipam_exc.IpAddressAlreadyAllocated,
            self.neutron_gives,
            self.first,
            '10.0.1.5',
        )
        # The whole pool but that one.
        given = {self.neutron_gives(self.first, None) for _ in range(7)}
        self.assertEqual(
            {f'10.0.1.{last}' for last in range(2, 10)} - {'10.0.1.5'}, given
        )

    def test_neutron_can_give_back_what_was_taken(self) -> None:
        self.take((self.first, '10.0.1.5'))

        with db_api.CONTEXT_WRITER.using(self.context):
            self.pool().get_subnet(self.first).deallocate('10.0.1.5')

        self.assertEqual(set(), self.taken())
        self.take((self.first, '10.0.1.5'))

    def test_what_neutron_gave_out_is_not_taken_again(self) -> None:
        self.neutron_gives(self.first, '10.0.1.5')

        self.assertRaises(
            ipam_exc.IpAddressAlreadyAllocated,
            self.take,
            (self.first, '10.0.1.4'),
            (self.first, '10.0.1.5'),
        )

        # None of them: the caller's transaction is not spoilt either.
        self.assertEqual({(self.first, '10.0.1.5')}, self.taken())

    def test_addresses_are_those_of_their_subnet(self) -> None:
        self.take((self.first, '10.0.1.5'))

        # As overlapping subnets have it; of both something is asked for.
        self.take((self.first, '10.0.1.6'), (self.second, '10.0.1.5'))

        self.assertEqual(
            {
                (self.first, '10.0.1.5'),
                (self.first, '10.0.1.6'),
                (self.second, '10.0.1.5'),
            },
            self.taken(),
        )

    def test_a_subnet_that_is_gone_is_said_so(self) -> None:
        gone = uuidutils.generate_uuid()

        self.assertRaises(
            exceptions.SubnetNotFound,
            self.take,
            (self.first, '10.0.1.5'),
            (gone, '10.0.3.5'),
        )

        self.assertEqual(set(), self.taken())

    def test_a_port_without_address_takes_none(self) -> None:
        self.assertEqual([], self.take())
