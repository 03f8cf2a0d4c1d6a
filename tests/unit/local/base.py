# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A region's plugin on SQLite, with a stand-in for central."""

from collections.abc import Callable, Iterable
import copy
from typing import Any
from unittest import mock
import uuid

from neutron.conf.plugins.ml2.drivers import driver_type
from neutron.conf.plugins.ml2 import config as ml2_config
from neutron.tests.common import test_db_base_plugin_v2 as neutron_tests
from neutron_lib import context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.client import central
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.db import local_models
from tricircle.local import plugin as local_plugin
from tricircle.local import region
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

CORE_PLUGIN = 'tricircle.network.local_plugin.TricirclePlugin'
L3_PLUGIN = 'tricircle.network.local_l3_plugin.TricircleL3Plugin'


class FakeCentral:
    """Answers as central would, and notes what it was asked.

    Set an exception on ``error`` to have it raised once.
    """

    url = 'http://central'

    def __init__(self) -> None:
        self.networks: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.errors: list[Exception] = []
        self.counter = 1
        self._next_address = 10

    def _note(self, what: str, of: Any) -> None:
        self.asked.append((what, copy.deepcopy(of)))
        if self.errors:
            raise self.errors.pop(0)

    # What tests fill it with.

    def add_network(
        self, project_id: str, cidr: str = '10.9.0.0/24', **subnet: Any
    ) -> str:
        network_id, subnet_id = str(uuid.uuid4()), str(uuid.uuid4())
        prefix = cidr.rpartition('0/')[0]
        self.networks[network_id] = {
            'network': {
                'id': network_id,
                'project_id': project_id,
                'name': 'net',
                'description': '',
                'admin_state_up': True,
                'mtu': 1400,
                'port_security_enabled': True,
                'router:external': False,
                'provider:network_type': 'vxlan',
                'provider:physical_network': None,
                'provider:segmentation_id': 1000 + len(self.networks),
                'tags': [],
            },
            'subnets': [
                {
                    'id': subnet_id,
                    'project_id': project_id,
                    'name': '',
                    'description': '',
                    'ip_version': 6 if ':' in cidr else 4,
                    'cidr': cidr,
                    'gateway_ip': f'{prefix}1',
                    'allocation_pools': [
                        {'start': f'{prefix}2', 'end': f'{prefix}99'}
                    ],
                    'enable_dhcp': True,
                    'dns_nameservers': [],
                    'host_routes': [],
                    'ipv6_ra_mode': None,
                    'ipv6_address_mode': None,
                    'service_types': [],
                    'tags': [],
                    **subnet,
                }
            ],
            'dhcp_ports': [],
            'rbac': [],
            'default_security_group': None,
        }
        return network_id

    def add_group(self, project_id: str, default: bool = False) -> str:
        group_id = str(uuid.uuid4())
        self.groups[group_id] = {
            'security_group': {
                'id': group_id,
                'project_id': project_id,
                'name': 'default' if default else 'web',
                'description': '',
                'stateful': True,
                'default': default,
                'tags': [],
            },
            'rules': [],
            'rbac': [],
        }
        return group_id

    def document(
        self, resource_type: str, resource_id: str, requires: Any = ()
    ) -> Document:
        body = {
            types.NETWORK: self.networks,
            types.PORT: self.ports,
            types.SECURITY_GROUP: self.groups,
        }[resource_type][resource_id]
        return Document(
            type=resource_type,
            id=resource_id,
            region='RegionOne',
            generation=Generation(1, self.counter),
            body=copy.deepcopy(body),
            requires=tuple(requires),
        )

    def port_document(self, port_id: str) -> Document:
        port = self.ports[port_id]['port']
        return self.document(
            types.PORT,
            port_id,
            [
                self.document(types.SECURITY_GROUP, one)
                for one in port['security_groups']
            ]
            + [self.document(types.NETWORK, port['network_id'])],
        )

    def add_port(self, **said: Any) -> dict[str, Any]:
        network = self.networks[said['network_id']]
        subnet = network['subnets'][0]
        self._next_address += 1
        prefix = subnet['cidr'].rpartition('0/')[0]
        port: dict[str, Any] = {
            'id': str(uuid.uuid4()),
            'project_id': network['network']['project_id'],
            'name': '',
            'description': '',
            'admin_state_up': True,
            'mac_address': f'fa:16:3e:00:00:{self._next_address:02x}',
            'fixed_ips': [
                {
                    'subnet_id': subnet['id'],
                    'ip_address': f'{prefix}{self._next_address}',
                }
            ],
            'security_groups': [],
            'port_security_enabled': True,
            'allowed_address_pairs': [],
            'extra_dhcp_opts': [],
            'binding:vnic_type': 'normal',
            'tags': [],
            **said,
        }
        self.ports[port['id']] = {'port': port}
        return port

    # What the region calls.

    def pull(
        self,
        resource_type: str,
        resource_id: str,
        region_name: str,
        body: messages.PullBody,
        **_limits: Any,
    ) -> Document:
        self._note('pull', (resource_type, resource_id, dict(body)))
        if resource_type == types.PORT and resource_id in self.ports:
            return self.port_document(resource_id)
        try:
            return self.document(resource_type, resource_id)
        except KeyError:
            name = {
                types.NETWORK: 'NetworkNotFound',
                types.PORT: 'PortNotFound',
                types.SECURITY_GROUP: 'SecurityGroupNotFound',
            }[resource_type]
            raise central.CentralError(
                404, name, f'central has no {resource_id}'
            ) from None

    def networks_of_subnets(
        self, subnet_ids: Iterable[str], **_limits: Any
    ) -> dict[str, str]:
        wanted = set(subnet_ids)
        self._note('subnets', sorted(wanted))
        return {
            subnet['id']: network_id
            for network_id, network in self.networks.items()
            for subnet in network['subnets']
            if subnet['id'] in wanted
        }

    def network_of_subnet(self, subnet_id: str, **_limits: Any) -> str:
        found = self.networks_of_subnets([subnet_id])
        if subnet_id not in found:
            raise central.CentralError(404, 'SubnetNotFound', 'no subnet')
        return found[subnet_id]

    def allocate(
        self, of: Any, ports: list[dict[str, Any]], **_limits: Any
    ) -> list[dict[str, Any]]:
        self._note('allocate', (of.project_id, ports))
        answers = []
        for one in ports:
            said = {
                key: value
                for key, value in one.items()
                if key
                not in (
                    messages.REGION_ATTRIBUTE,
                    'device_id',
                    'device_owner',
                    'tenant_id',
                    'fixed_ips',
                )
            }
            port = self.add_port(**said)
            answers.append(
                {
                    **port,
                    messages.DOCUMENT_ATTRIBUTE: self.port_document(
                        port['id']
                    ).to_dict(),
                }
            )
        return answers

    document_of = staticmethod(central.CentralClient.document_of)

    def update_port(
        self, of: Any, port_id: str, attributes: Any, **_limits: Any
    ) -> dict[str, Any]:
        self._note('update', (port_id, dict(attributes)))
        self.ports[port_id]['port'].update(attributes)
        return dict(self.ports[port_id]['port'])

    def report(
        self, port_id: str, region_name: str, body: Any, **_limits: Any
    ) -> bool:
        self._note('report', (port_id, dict(body)))
        return True

    def deleted(
        self, port_id: str, region_name: str, **_limits: Any
    ) -> None:
        self._note('deleted', port_id)

    def of_kind(self, *kinds: str) -> list[Any]:
        """Return what was asked, of some kinds."""
        return [of for what, of in self.asked if what in kinds]


class LocalTestCase(neutron_tests.NeutronDbPluginV2TestCase):
    """The plugin of RegionOne, in an API worker."""

    def setUp(self) -> None:
        client_conf.register(cfg.CONF)
        local_conf.register(cfg.CONF)
        ml2_config.register_ml2_plugin_opts()
        driver_type.register_ml2_drivers_vxlan_opts()
        for name, value in (
            ('local_region_name', 'RegionOne'),
            ('central_neutron_url', 'http://central'),
        ):
            cfg.CONF.set_override(name, value, local_conf.GROUP)
        cfg.CONF.set_override(
            'mechanism_drivers', ['openvswitch', 'l2population'], 'ml2'
        )
        cfg.CONF.set_override('extension_drivers', ['port_security'], 'ml2')
        cfg.CONF.set_override(
            'vni_ranges', ['5001:6000'], group='ml2_type_vxlan'
        )
        cfg.CONF.set_override('tenant_network_types', ['vxlan'], 'ml2')
        self.central = FakeCentral()
        mock.patch.object(
            local_plugin.central,
            'CentralClient',
            return_value=self.central,
        ).start()
        # Sent by hand where a test wants it.
        mock.patch(
            'tricircle.local.outbox_sender.OutboxSender.start'
        ).start()
        region._api_worker.set()
        self.addCleanup(region._api_worker.clear)
        super().setUp(
            CORE_PLUGIN, service_plugins={'l3_plugin_name': L3_PLUGIN}
        )
        self.plugin = directory.get_plugin()
        self.context = context.get_admin_context()
        self.project = self._project_id

    def row(
        self, resource_type: str, resource_id: str
    ) -> local_models.Replica | None:
        """Return a row of the ledger."""
        admin = context.get_admin_context()
        with db_api.CONTEXT_READER.using(admin):
            found = admin.session.get(
                local_models.Replica, (resource_type, resource_id)
            )
            if found is not None:
                admin.session.expunge(found)
        return found

    def state(self, port_id: str) -> str | None:
        """Return where a port stands."""
        row = self.row(types.PORT, port_id)
        return row.state if row else None

    def outbox(self) -> list[tuple[str, str]]:
        """Return what waits to be said."""
        admin = context.get_admin_context()
        entry = local_models.OutboxEntry
        with db_api.CONTEXT_READER.using(admin):
            return [
                (row.resource_type, row.resource_id)
                for row in admin.session.execute(
                    sa.select(entry.resource_type, entry.resource_id)
                )
            ]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        admin: bool = False,
        project: str | None = None,
    ) -> Any:
        """Make a request; return status and body of the answer."""
        request = self._req(
            method,
            path.strip('/'),
            body,
            as_admin=admin,
            project_id=project or self.project,
        )
        response = request.get_response(self.api)
        return (
            response.status_int,
            response.json_body if response.body else None,
        )

    def make_port(self, network_id: str, **said: Any) -> dict[str, Any]:
        """Create a port by a request; it must succeed."""
        status, body = self.ask(
            'POST',
            '/ports',
            {'port': {'network_id': network_id, **said}},
        )
        assert status == 201, body
        made: dict[str, Any] = body['port']
        return made

    def send_all(self) -> None:
        """Let the sender send everything, whether due or not."""
        admin = context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(admin):
            admin.session.execute(
                sa.update(local_models.OutboxEntry).values(
                    next_try_at=local_models.OutboxEntry.created_at
                )
            )
        while self.plugin._outbox_sender.send_due():
            pass


def in_turn(*calls: Callable[[], Any]) -> list[Any]:
    """Return what calls answer."""
    return [call() for call in calls]
