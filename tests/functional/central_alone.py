# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Central alone, with somebody who calls it as regions do."""

from collections.abc import Iterator
import contextlib
import time
from typing import Any
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional.cloud import neutron
from tests.functional.cloud.client import Json
from tests.functional.regions import make_network
from tricircle.replica import messages
from tricircle.replica import types

_MEMBERS = types.GROUP_MEMBERS
REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')
COLLECTIONS = {
    'network': 'networks',
    'port': 'ports',
    'security-group': 'security-groups',
}


class CentralAlone:
    """A central Neutron of several processes, whose regions are names.

    No region runs and nobody carries out the journal, so what central does
    by itself can be looked at.
    """

    def __init__(self, cloud: clouds.Cloud) -> None:
        self.cloud = cloud
        self.process = cloud.central
        for number, name in enumerate(REGIONS, 1):
            cloud.central.database.execute(
                'INSERT INTO pods'
                ' (pod_id, region_name, az_name, pod_az_name, dc_name)'
                " VALUES (%s, %s, %s, '', '')",
                str(uuid.uuid4()),
                name,
                f'az{number}',
            )
        #: another process of the same central, to be killed
        self.doomed = neutron.NeutronProcess(
            cloud.workspace,
            'doomed-central',
            cloud.central.database.for_user('doomed_central'),
            cloud.central.options,
            threads=4,
        )

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator['CentralAlone']:
        """Start it, and end it."""
        with clouds.Cloud.start(
            regions=(),
            xjobs=0,
            admin_api=False,
            processes=2,
            threads=16,
            central={
                'client': {'max_shadow_port_bulk_size': 16},
                # Statements are counted, and are to be those of requests.
                'tricircle': {'journal_poll_interval': 600},
            },
        ) as cloud:
            yield cls(cloud)

    def user(self, project: str) -> clouds.NeutronClient:
        """Return a client of a tenant's."""
        return self.process.client(project)

    def network(self, project: str, **attributes: Any) -> str:
        """Make a network with the subnet 10.1.0.0/24; return its ID."""
        admin = (
            {'project_id': project}
            if any(':' in name for name in attributes)
            else {}
        )
        if not admin:
            return str(
                make_network(self.cloud, project, **attributes)[0]['id']
            )
        client = self.process.admin
        made = client.create_network(**admin, **attributes)
        client.create_subnet(made['id'], '10.1.0.0/24', **admin)
        return str(made['id'])

    def _service(
        self, process: neutron.NeutronProcess | None = None
    ) -> clouds.NeutronClient:
        return (process or self.process).client(
            'service', ('service',), 'tricircle'
        )

    # -- what regions do ----------------------------------------------------

    def pull(
        self,
        kind: str,
        id_: str,
        region: str,
        project: str,
        dhcp_agents: int = 1,
        is_admin: bool = False,
        process: neutron.NeutronProcess | None = None,
    ) -> requests.Response:
        """Ask for a resource on behalf of a region."""
        return self._service(process).put(
            f'/{COLLECTIONS[kind]}/{id_}/replicas/{region}',
            {
                'replica': {
                    'pull': {
                        'project_id': project,
                        'is_admin': is_admin,
                        'dhcp_agents': dhcp_agents,
                    }
                }
            },
        )

    def allocate(
        self,
        network_id: str,
        region: str,
        project: str,
        port_id: str | None = None,
        process: neutron.NeutronProcess | None = None,
        **attributes: object,
    ) -> requests.Response:
        """Make a port as a region does for its user."""
        client = (process or self.process).client(project, service=True)
        return client.post(
            '/ports',
            {
                'port': {
                    'id': port_id or str(uuid.uuid4()),
                    'network_id': network_id,
                    'tricircle:region': region,
                    **attributes,
                }
            },
        )

    def report(
        self,
        port_id: str,
        region: str,
        process: neutron.NeutronProcess | None = None,
        **changes: object,
    ) -> requests.Response:
        """Report that a port is bound and up.

        As a region does: again when central has no room for it.
        """
        body = {
            'replica': {
                'report': {
                    'revision': 1,
                    'host': f'{region}-host1',
                    'device_id': 'vm',
                    'device_owner': 'compute:nova',
                    'vif_type': 'ovs',
                    'vnic_type': 'normal',
                    'status': 'ACTIVE',
                    'agent_type': 'Open vSwitch agent',
                    'tunnel_ip': '192.0.2.1',
                    **changes,
                }
            }
        }
        path = f'/ports/{port_id}/replicas/{region}'
        deadline = time.monotonic() + 30
        while True:
            answer = self._service(process).put(path, body)
            is_busy = (
                answer.status_code == 503
                and answer.json()['NeutronError']['type'] == messages.BUSY
            )
            if not is_busy or time.monotonic() > deadline:
                return answer
            time.sleep(float(answer.headers['Retry-After']))

    def deleted(self, port_id: str, region: str) -> requests.Response:
        """Report that a region has deleted a port."""
        return self._service().delete(f'/ports/{port_id}/replicas/{region}')

    # -- what there is ------------------------------------------------------

    def rows(self, sql: str, *values: object) -> list[Json]:
        """Return rows of central's database."""
        return [dict(row) for row in self.process.database.query(sql, *values)]

    def presence(self, id_: str) -> list[str]:
        """Return the regions that have a resource.

        Of a group: itself, not who is in it elsewhere.
        """
        return [
            str(row['region_name'])
            for row in self.rows(
                'SELECT region_name FROM resource_routings'
                ' JOIN pods USING (pod_id) WHERE top_id = %s'
                ' AND resource_type != %s ORDER BY region_name',
                id_,
                _MEMBERS,
            )
        ]

    def reserved(self, network_id: str) -> dict[str, dict[str, list[str]]]:
        """Return the addresses held on a network by region and kind."""
        found: dict[str, dict[str, list[str]]] = {}
        for row in self.rows(
            'SELECT region_name, kind, ip_address FROM reserved_ports r'
            ' JOIN pods USING (pod_id)'
            ' JOIN ipallocations i ON i.port_id = r.port_id'
            ' WHERE r.network_id = %s',
            network_id,
        ):
            kinds = found.setdefault(str(row['region_name']), {})
            kinds.setdefault(str(row['kind']), []).append(
                str(row['ip_address'])
            )
        return found

    def intents(self, id_: str) -> dict[str, int]:
        """Return the counter of a resource's journal entry by region.

        Of a group: its own, not that of who is in it elsewhere.
        """
        return {
            str(row['region_name']): int(row['counter'])
            for row in self.rows(
                'SELECT region_name, counter FROM journal'
                ' WHERE resource_id = %s AND resource_type != %s',
                id_,
                _MEMBERS,
            )
        }

    def check_addresses(self) -> None:
        """Assert that no address is given out twice, and none has leaked.

        Of the whole database: whatever a test did must leave it so.
        """
        twice = self.rows(
            'SELECT ip_address, subnet_id FROM ipallocations'
            ' GROUP BY ip_address, subnet_id HAVING COUNT(*) > 1'
        )
        assert twice == []
        leaked = self.rows(
            'SELECT a.ip_address FROM ipamallocations a'
            ' JOIN ipamsubnets s ON s.id = a.ipam_subnet_id'
            ' LEFT JOIN ipallocations i ON i.ip_address = a.ip_address'
            ' AND i.subnet_id = s.neutron_subnet_id'
            ' LEFT JOIN held_addresses h ON h.ip_address = a.ip_address'
            ' AND h.subnet_id = s.neutron_subnet_id'
            ' WHERE i.port_id IS NULL AND h.id IS NULL'
        )
        assert leaked == []
        nameless = self.rows(
            'SELECT r.port_id FROM reserved_ports r'
            ' LEFT JOIN ports p ON p.id = r.port_id WHERE p.id IS NULL'
        )
        assert nameless == []
        unheld = self.rows(
            'SELECT p.id FROM ports p'
            ' LEFT JOIN reserved_ports r ON r.port_id = p.id'
            " WHERE p.device_id IN ('reserved_gateway_port',"
            " 'reserved_dhcp_port') AND r.port_id IS NULL"
        )
        assert unheld == []
