# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central with routers, and by hand what it does for their pieces."""

from typing import Any

import sqlalchemy as sa

from tests.unit.central_presence import base
from tricircle.central.held import ownership
from tricircle.db.central import models as central_models
from tricircle.db.central.router import routers as central_routers
from tricircle.plan.router import planner as router_plan
from tricircle.plan.router import state as router_state
from tricircle.replica import types


class RouterTestCase(base.PresenceTestCase):
    """Central with routers, and by hand what it does for their pieces."""

    def setUp(self) -> None:
        super().setUp()

    def make_router(
        self, *hints: str, external: str | None = None, **attributes: Any
    ) -> str:
        if external:
            attributes['external_gateway_info'] = {'network_id': external}
        made = self.make(
            'router',
            name='r1',
            description='d',
            availability_zone_hints=list(hints),
            **attributes,
        )
        return str(made['id'])

    def attach(
        self, router_id: str, network: dict[str, Any], address: str = ''
    ) -> None:
        """Attach the network's subnet, or a port with some address."""
        subnets = self.subnets(network)
        if not address:
            for one in subnets:
                self.l3_plugin.add_router_interface(
                    self.context, router_id, {'subnet_id': one['id']}
                )
            return
        port = self.make(
            'port',
            network_id=network['id'],
            fixed_ips=[{'subnet_id': subnets[0]['id'], 'ip_address': address}],
        )
        self.l3_plugin.add_router_interface(
            self.context, router_id, {'port_id': port['id']}
        )

    def subnets(self, network: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.plugin.get_subnets(
            self.context, {'network_id': [network['id']]}
        )
        return sorted(found, key=lambda one: str(one['cidr']))

    def make_external(self, region: str) -> dict[str, Any]:
        made = self.make(
            'network',
            **{
                'router:external': True,
                'provider:network_type': 'flat',
                'provider:physical_network': 'extern',
                'availability_zone_hints': [region],
            },
        )
        self.make_subnet(made, '203.0.113.0/24')
        return made

    def insert(self, model: Any, **values: Any) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(sa.insert(model).values(**values))

    def make_bridge(self, router_id: str) -> dict[str, Any]:
        with ownership.acting():
            made = self.make_network('100.0.1.0/24')
        self.insert(
            central_models.BridgeNetwork,
            network_id=made['id'],
            router_id=router_id,
            project_id=base.PROJECT,
        )
        return made

    def reserve(self, need: router_plan.Need) -> None:
        """Hold a port for a need as central does."""
        subnets = self.subnets({'id': need.network_id})
        wanted = [
            {'subnet_id': one['id']}
            for one in subnets
            if need.subnet_id in (None, one['id'])
        ]
        if need.addresses:
            wanted = [{'ip_address': one} for one in need.addresses]
        with ownership.acting():
            port = self.make(
                'port', network_id=need.network_id, fixed_ips=wanted
            )
        (pod_id,) = (
            row.pod_id
            for row in self.rows(central_models.Pod)
            if row.region_name == need.region
        )
        self.insert(
            central_models.ReservedPort,
            port_id=port['id'],
            network_id=need.network_id,
            subnet_id=need.subnet_id,
            pod_id=pod_id,
            kind=need.kind,
            router_id=need.router_id,
        )

    def make_pieces(self, router_id: str) -> None:
        """Make, grant and reserve what the pieces of a router need."""
        if router_plan.needs_bridge(self.state(router_id)):
            self.make_bridge(router_id)
        for piece in router_plan.pieces(self.state(router_id)):
            for network_id in piece.networks:
                self.pulled(
                    types.NETWORK, network_id, piece.region, is_admin=True
                )
        for need in router_plan.missing(self.state(router_id)):
            self.reserve(need)

    def boot(self, network: dict[str, Any], region: str) -> dict[str, Any]:
        return self.allocated(network['id'], region)

    def attach_in_both(
        self, router_id: str, first: int = 1
    ) -> list[dict[str, Any]]:
        """Attach a network of each region, with an instance.

        :param first: number of the first in the address
        """
        networks = []
        for number, region in enumerate(('RegionOne', 'RegionTwo'), first):
            network = self.make_network(
                f'10.0.{number}.0/24', availability_zone_hints=[region]
            )
            self.attach(router_id, network)
            self.boot(network, region)
            networks.append(network)
        return networks

    def state(self, router_id: str) -> router_state.RouterState:
        with base.db_api.CONTEXT_READER.using(self.context):
            return central_routers.read(self.context.session, [router_id])[
                router_id
            ]
