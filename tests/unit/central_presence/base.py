# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central Neutron, asked by regions."""

import contextlib
import threading
from typing import Any
import uuid

from neutron.api import extensions
from neutron.db import models_v2
from neutron.ipam.drivers.neutrondb_ipam import db_models as ipam_models
from neutron.tests.unit import testlib_api
from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import event

from tests.unit.central import base
from tricircle.conf import client as client_config
from tricircle.db.central import documents as central_state
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.journal import intent
from tricircle.replica import kinds

PROJECT = 'p1'
MEMBER = ('member', 'reader')
ADMIN = ('admin', 'member', 'reader')
SERVICE = ('service',)

__all__ = ['db_api', 'n_context', 'presence_db']

ReservedPort = central_models.ReservedPort
PortLocation = central_models.PortLocation
ResourceRouting = central_models.ResourceRouting


def _addresses(test: base.CentralTestCase, column: Any) -> list[str]:
    with db_api.CONTEXT_READER.using(test.context):
        return sorted(test.context.session.scalars(sa.select(column)))


def allocations(test: base.CentralTestCase) -> list[str]:
    """Return the addresses that ports have."""
    return _addresses(test, models_v2.IPAllocation.ip_address)


def ipam_allocations(test: base.CentralTestCase) -> list[str]:
    """Return the addresses that IPAM has given out."""
    return _addresses(test, ipam_models.IpamAllocation.ip_address)


class Answer:
    """Status and body of a response."""

    def __init__(self, response: Any) -> None:
        self.status = response.status_int
        self.body = response.json_body if response.body else {}

    @property
    def error(self) -> dict[str, str]:
        return self.body['NeutronError']

    def __repr__(self) -> str:
        return f'{self.status} {self.body}'


class PresenceTestCase(base.CentralTestCase):
    """Central with what a region does at hand."""

    #: Who calls on behalf of regions.
    service_user = 'u'

    def set_options(self) -> None:
        self.set_option('extension_drivers', ['port_security'])
        self.set_option('tenant_network_types', ['vxlan', 'local'])
        self.set_option('type_drivers', ['vxlan', 'vlan', 'flat', 'local'])
        self.set_option('flat_networks', ['*'])

    def setUp(self) -> None:
        super().setUp()
        client_config.register(base.cfg.CONF)
        self._api = extensions.ExtensionMiddleware(
            self.api,
            ext_mgr=extensions.PluginAwareExtensionManager.get_instance(),
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        project: str = PROJECT,
        roles: tuple[str, ...] = MEMBER,
        through_service: bool = False,
    ) -> Answer:
        """Make a request as somebody.

        In the project ``service``, or where it goes through a service, that
        is :attr:`service_user`.
        """
        request = testlib_api.create_request(
            f'{path}.json',
            None if body is None else self.serialize(body),
            'application/json',
            method,
        )
        request.environ['neutron.context'] = n_context.Context(
            user_id=self.service_user if project == 'service' else 'u',
            project_id=project,
            roles=list(roles),
            service_roles=['service'] if through_service else [],
            service_user_id=self.service_user if through_service else None,
            service_project_id='service' if through_service else None,
        )
        return Answer(request.get_response(self._api))

    def make(
        self,
        kind: str,
        project: str = PROJECT,
        roles: tuple[str, ...] = ADMIN,
        **attributes: Any,
    ) -> dict[str, Any]:
        """Make a resource in central."""
        collection = f'{kind.replace("_", "-")}s'
        answer = self.ask(
            'POST',
            f'/{collection}',
            {kind: {'project_id': project, **attributes}},
            project,
            roles,
        )
        self.assertEqual(201, answer.status, answer)
        return answer.body[kind]

    def make_network(self, *cidrs: str, **attributes: Any) -> dict[str, Any]:
        """Make a network with subnets, the first .2 free after gateways."""
        network = self.make('network', **attributes)
        for cidr in cidrs or ('10.0.1.0/24',):
            self.make_subnet(network, cidr)
        return network

    def make_subnet(
        self, network: dict[str, Any], cidr: str, **attributes: Any
    ) -> dict[str, Any]:
        return self.make(
            'subnet',
            network['project_id'],
            network_id=network['id'],
            cidr=cidr,
            ip_version=6 if ':' in cidr else 4,
            **attributes,
        )

    def pull(
        self,
        resource_type: str,
        resource_id: str,
        region: str = 'RegionOne',
        project: str = PROJECT,
        is_admin: bool = False,
        dhcp_agents: int = 1,
        roles: tuple[str, ...] = SERVICE,
        token_of: tuple[str, ...] | None = None,
        **more: Any,
    ) -> Answer:
        """Ask for a resource as a region does.

        :param token_of: roles of the user in the project whose token comes
            along
        """
        collection = kinds.COLLECTIONS[resource_type]
        return self.ask(
            'PUT',
            f'/{collection}/{resource_id}/replicas/{region}',
            {
                'replica': {
                    'pull': {
                        'project_id': project,
                        'is_admin': is_admin,
                        'dhcp_agents': dhcp_agents,
                        **more,
                    }
                }
            },
            'service' if token_of is None else project,
            roles if token_of is None else token_of,
            through_service=token_of is not None,
        )

    def pulled(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the document that a pull is answered."""
        answer = self.pull(*args, **kwargs)
        self.assertEqual(200, answer.status, answer)
        return answer.body['replica']['document']

    def allocate(
        self,
        network_id: str,
        region: str = 'RegionOne',
        port_id: str | None = None,
        project: str = PROJECT,
        **attributes: Any,
    ) -> Answer:
        """Make a port as a region does for its user."""
        return self.ask(
            'POST',
            '/ports',
            {
                'port': {
                    'id': port_id or str(uuid.uuid4()),
                    'network_id': network_id,
                    'tricircle:region': region,
                    **attributes,
                }
            },
            project,
            MEMBER,
            through_service=True,
        )

    def allocated(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer = self.allocate(*args, **kwargs)
        self.assertEqual(201, answer.status, answer)
        return answer.body['port']

    def report(
        self, port_id: str, region: str = 'RegionOne', **changes: Any
    ) -> Answer:
        """Report a port as a region does; bound to host-1 and active."""
        body = {
            'revision': 1,
            'host': 'host-1',
            'device_id': 'vm-1',
            'device_owner': 'compute:nova',
            'vif_type': 'ovs',
            'vnic_type': 'normal',
            'status': 'ACTIVE',
            'agent_type': 'Open vSwitch agent',
            'tunnel_ip': '192.0.2.1',
            **changes,
        }
        return self.ask(
            'PUT',
            f'/ports/{port_id}/replicas/{region}',
            {'replica': {'report': body}},
            'service',
            SERVICE,
        )

    def document(
        self, resource_type: str, resource_id: str, region: str = 'RegionOne'
    ) -> Any:
        """Return the document of a resource for a region, if it has one."""
        with db_api.CONTEXT_READER.using(self.context):
            return central_state.document(
                self.context.session,
                resource_type,
                resource_id,
                region,
                intent.generations,
            )

    def rows(self, model: Any, **filters: Any) -> list[Any]:
        """Return rows of a table as tuples with names."""
        context = n_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            return list(
                context.session.execute(
                    sa.select(model.__table__).filter_by(**filters)
                )
            )

    def presence(
        self, resource_id: str, resource_type: str | None = None
    ) -> list[str]:
        """Return the regions that have a resource, or something of it."""
        names = {
            row.pod_id: row.region_name
            for row in self.rows(central_models.Pod)
        }
        return sorted(
            {
                names[row.pod_id]
                for row in self.rows(ResourceRouting, top_id=resource_id)
                if resource_type in (None, row.resource_type)
            }
        )

    def reserved(
        self, network_id: str, region: str = 'RegionOne'
    ) -> dict[str, list[str]]:
        """Return the addresses held for a region by kind."""
        pod_id = next(
            row.pod_id
            for row in self.rows(central_models.Pod)
            if row.region_name == region
        )
        found: dict[str, list[str]] = {}
        for row in self.rows(
            ReservedPort, network_id=network_id, pod_id=pod_id
        ):
            port = self.plugin.get_port(self.context, row.port_id)
            found.setdefault(row.kind, []).extend(
                fixed['ip_address'] for fixed in port['fixed_ips']
            )
        return {kind: sorted(ips) for kind, ips in found.items()}

    @contextlib.contextmanager
    def statements(self) -> Any:
        """Collect the SQL statements of this thread."""
        made: list[str] = []
        thread = threading.get_ident()

        def note(
            connection: Any, cursor: Any, statement: str, *args: Any
        ) -> None:
            if threading.get_ident() == thread:
                made.append(statement)

        event.listen(self.engine, 'before_cursor_execute', note)
        try:
            yield made
        finally:
            event.remove(self.engine, 'before_cursor_execute', note)

    @contextlib.contextmanager
    def another_first(self, model: Any, **which: Any) -> Any:
        """Have another request forget rows, after this one has read them.

        As it is where each transaction goes on seeing what it saw first.

        :param which: values of the rows
        """
        table = model.__table__
        forget = str(
            sa.delete(table)
            .filter_by(**which)
            .compile(self.engine, compile_kwargs={'literal_binds': True})
        )
        reads = 0

        def before(
            connection: Any, cursor: Any, statement: str, *args: Any
        ) -> None:
            nonlocal reads
            if f'FROM {table.name}' in statement:
                reads += 1
                if reads == 2:
                    connection.connection.cursor().execute(forget)

        event.listen(self.engine, 'before_cursor_execute', before)
        try:
            yield
        finally:
            event.remove(self.engine, 'before_cursor_execute', before)
        self.assertLess(1, reads)
