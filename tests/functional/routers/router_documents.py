# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Router documents, made by hand, and what a region makes of them."""

from collections.abc import Iterator
import copy
import dataclasses
import hashlib
import itertools
import json
from typing import Any
import uuid

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional.cloud.client import Json

_counters: Iterator[int] = itertools.count(1)


def new_id() -> str:
    """Return an ID that central might have chosen."""
    return str(uuid.uuid4())


def new_mac() -> str:
    """Return a MAC address that nothing else has."""
    tail = uuid.uuid4().bytes[:3]
    return 'fa:16:3e:' + ':'.join(f'{byte:02x}' for byte in tail)


def digest(body: object) -> str:
    """Return a body's digest, computed apart from Tricircle's code."""
    text = json.dumps(
        body, sort_keys=True, separators=(',', ':'), ensure_ascii=False
    )
    return 'sha256:' + hashlib.sha256(text.encode()).hexdigest()


def document(
    kind: str,
    resource_id: str,
    body: Json,
    region: str,
    requires: tuple[Json, ...] = (),
) -> Json:
    """Return a document, later than all others made here."""
    return {
        'schema': 1,
        'type': kind,
        'id': resource_id,
        'region': region,
        'generation': {'epoch': 1, 'counter': next(_counters)},
        'digest': digest(body),
        'body': body,
        'requires': list(requires),
        'omitted': [],
    }


def network(
    project_id: str,
    *cidrs: str,
    external: bool = False,
    vxlan: bool = False,
    **subnet: object,
) -> Json:
    """Return a NetworkBody; gateways are the first addresses.

    :param vxlan: it has the same segment in several regions, else one of
        the region's own
    """
    network_id = new_id()
    segment = {
        'provider:network_type': 'vxlan',
        'provider:physical_network': None,
        'provider:segmentation_id': 100_000 + next(_counters),
    }
    return {
        'network': {
            'id': network_id,
            'project_id': project_id,
            'name': 'external' if external else 'internal',
            'description': '',
            'admin_state_up': True,
            'mtu': 1400,
            'port_security_enabled': True,
            'router:external': external,
            'tags': [],
            **(segment if vxlan else {}),
        },
        'subnets': sorted(
            (_subnet(project_id, cidr, subnet) for cidr in cidrs),
            key=lambda one: str(one['id']),
        ),
        'dhcp_ports': [],
        'rbac': [],
        'default_security_group': None,
    }


def _subnet(project_id: str, cidr: str, more: Json) -> Json:
    prefix, _slash, _length = cidr.partition('/')
    v6 = ':' in prefix
    base = prefix if v6 else prefix.rpartition('.')[0] + '.'
    return {
        'id': new_id(),
        'project_id': project_id,
        'name': '',
        'description': '',
        'ip_version': 6 if v6 else 4,
        'cidr': cidr,
        'gateway_ip': f'{base}1',
        'allocation_pools': [
            {
                'start': f'{base}2',
                'end': f'{base}ffff' if v6 else f'{base}254',
            }
        ],
        'enable_dhcp': v6 and 'ipv6_ra_mode' in more,
        'dns_nameservers': [],
        'host_routes': [],
        'ipv6_ra_mode': more.get('ipv6_ra_mode') if v6 else None,
        'ipv6_address_mode': more.get('ipv6_address_mode') if v6 else None,
        'service_types': [],
        'tags': [],
    }


def router_port(of: Json, *last: str) -> Json:
    """Return a port of a router on a network.

    :param last: last parts of its addresses, on subnets IPv4 first
    """
    subnets = sorted(of['subnets'], key=lambda one: int(one['ip_version']))
    return {
        'port_id': new_id(),
        'network_id': of['network']['id'],
        'mac_address': new_mac(),
        'fixed_ips': ordered(
            {
                'subnet_id': subnet['id'],
                'ip_address': str(subnet['gateway_ip'])[:-1] + part,
            }
            for subnet, part in zip(subnets, last, strict=False)
        ),
    }


def ordered(items: Any) -> list[Json]:
    """Sort what means a set, as documents have it."""
    return sorted(
        items,
        key=lambda one: (
            str(one.get('id', '')),
            json.dumps(one, sort_keys=True, separators=(',', ':')),
        ),
    )


@dataclasses.dataclass
class Piece:
    """A router of one region, and the networks that its document needs.

    :ivar body: the RouterBody; tests change it and put it again
    :ivar networks: NetworkBodies
    """

    region: clouds.Region
    body: Json
    networks: list[Json] = dataclasses.field(default_factory=list)

    @classmethod
    def empty(cls, region: clouds.Region, project_id: str) -> 'Piece':
        """Return a router with nothing on it."""
        return cls(
            region,
            {
                'router': {
                    'id': new_id(),
                    'project_id': project_id,
                    'name': 'r',
                    'description': '',
                    'admin_state_up': True,
                    'distributed': False,
                    'ha': False,
                    'tags': [],
                },
                'gateway': None,
                'interfaces': [],
                'routes': [],
                'floating_ips': [],
            },
        )

    @property
    def id(self) -> str:
        """ID of the router."""
        return str(self.body['router']['id'])

    @property
    def path(self) -> str:
        """Path of the replica below /v2.0."""
        return f'/replicas/router/{self.id}'

    def add_network(self, *cidrs: str, **options: Any) -> Json:
        """Add a network of the router's project."""
        options.setdefault('project_id', self.body['router']['project_id'])
        made = network(options.pop('project_id'), *cidrs, **options)
        self.networks.append(made)
        return made

    def attach(self, to: Json, *last: str) -> Json:
        """Give the router an interface."""
        port = router_port(to, *last)
        self.body['interfaces'] = ordered([*self.body['interfaces'], port])
        return port

    def set_gateway(self, to: Json, *last: str, snat: bool) -> Json:
        """Give the router a gateway."""
        gateway = {**router_port(to, *last), 'enable_snat': snat}
        self.body['gateway'] = gateway
        return gateway

    def add_floating_ip(
        self, on: Json, last: str, port_id: str, fixed_ip: str
    ) -> Json:
        """Give the router a floating IP."""
        made = {
            'id': new_id(),
            'project_id': self.body['router']['project_id'],
            'floating_network_id': on['network']['id'],
            'floating_ip_address': str(on['subnets'][0]['gateway_ip'])[:-1]
            + last,
            'port_id': port_id,
            'fixed_ip_address': fixed_ip,
            'description': '',
        }
        self.body['floating_ips'] = ordered([*self.body['floating_ips'], made])
        return made

    def set_routes(self, *routes: tuple[str, str]) -> None:
        """Give the router these routes, as destination and next hop."""
        self.body['routes'] = ordered(
            {'destination': destination, 'nexthop': nexthop}
            for destination, nexthop in routes
        )

    def add_port(self, on: Json, last: str) -> tuple[str, str]:
        """Make an instance's port of central in the region.

        :returns: its ID and its address
        """
        self.put_networks()
        port = router_port(on, last)
        body = {
            'port': {
                'id': port['port_id'],
                'network_id': port['network_id'],
                'project_id': self.body['router']['project_id'],
                'name': '',
                'description': '',
                'admin_state_up': True,
                'mac_address': port['mac_address'],
                'fixed_ips': port['fixed_ips'],
                'security_groups': [],
                'port_security_enabled': False,
                'allowed_address_pairs': [],
                'extra_dhcp_opts': [],
                'binding:vnic_type': 'normal',
                'tags': [],
            }
        }
        self._put('port', port['port_id'], body)
        return port['port_id'], port['fixed_ips'][0]['ip_address']

    def put_networks(self) -> None:
        """Have the networks in the region."""
        for one in self.networks:
            self._put('network', one['network']['id'], one)

    def _put(self, kind: str, resource_id: str, body: Json) -> Json:
        answer = self.region.service.put(
            f'/replicas/{kind}/{resource_id}',
            {
                'replica': document(
                    kind, resource_id, body, self.region.region_name
                )
            },
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json()['replica'])

    def document(self, networks: bool = True) -> Json:
        """Return the document, with a generation of its own.

        :param networks: whether it brings them along; else they are there
        """
        name = self.region.region_name
        return document(
            'router',
            self.id,
            copy.deepcopy(self.body),
            name,
            tuple(
                document('network', one['network']['id'], one, name)
                for one in (self.networks if networks else ())
            ),
        )

    def put(self, networks: bool = True) -> Json:
        """Apply the document, and assert that all of it was reached.

        :param networks: as for :meth:`document`
        """
        answer = self.region.service.put(
            self.path, {'replica': self.document(networks)}
        )
        assert answer.status_code == 200, answer.text
        applied = dict(answer.json()['replica'])
        assert self.here() == self.body
        assert applied['digest'] == applied['desired'] == digest(self.body)
        return applied

    def here(self) -> Json:
        """Return the body that the region has now."""
        answer = self.region.service.get(self.path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()['replica']['body'])

    def rows(self) -> list[Json]:
        """Return every row of Neutron's that belongs to the router.

        With IDs and times left out that are the region's own choice.
        """
        query = self.region.database.query
        return [
            dict(row)
            for statement in (
                'SELECT id, device_owner, mac_address, network_id, project_id'
                ' FROM ports WHERE device_id = %s ORDER BY id',
                'SELECT port_id, port_type FROM routerports'
                ' WHERE router_id = %s ORDER BY port_id',
                'SELECT destination, nexthop FROM routerroutes'
                ' WHERE router_id = %s ORDER BY destination, nexthop',
                'SELECT floating_ip_address, fixed_ip_address, fixed_port_id'
                ' FROM floatingips WHERE router_id = %s'
                ' ORDER BY floating_ip_address',
                'SELECT resource_type, resource_id, state'
                ' FROM tricircle_replicas WHERE parent_id = %s'
                ' ORDER BY resource_type, resource_id',
            )
            for row in query(statement, self.id)
        ]

    def revisions(self) -> list[Json]:
        """Return the revisions of the router, its ports and floating IPs."""
        return [
            dict(row)
            for row in self.region.database.query(
                'SELECT s.id, s.revision_number, s.updated_at'
                ' FROM standardattributes s WHERE s.id IN ('
                'SELECT standard_attr_id FROM routers WHERE id = %s UNION'
                ' SELECT standard_attr_id FROM ports WHERE device_id = %s'
                ' UNION SELECT standard_attr_id FROM floatingips'
                ' WHERE router_id = %s) ORDER BY s.id',
                self.id,
                self.id,
                self.id,
            )
        ]

    def dies(self, point: str) -> None:
        """Kill the region while it applies the document."""
        replica = {'replica': self.document()}
        kills.dies(
            self.region,
            point,
            lambda: self.region.service.put(self.path, replica),
        )

    def assert_whole(self) -> None:
        """Assert that a document gives the same end as without any fault."""
        self.put()
        wanted = {
            one['port_id']
            for one in (
                self.body['gateway'],
                *self.body['interfaces'],
                *self.body.get('snat_ports', ()),
            )
        }
        rows = self.rows()
        assert {row['id'] for row in rows if 'mac_address' in row} == wanted
        assert {row['port_id'] for row in rows if 'port_type' in row} == wanted
        assert {
            row['resource_id']
            for row in rows
            if row.get('resource_type') == 'router-port'
        } == wanted
        assert {
            row['id']
            for row in rows
            if row.get('device_owner') == 'network:router_centralized_snat'
        } == {one['port_id'] for one in self.body.get('snat_ports', ())}
        shown = self.region.admin.show('router', self.id)
        assert shown['distributed'] is self.body['router']['distributed']
        ports = self.floating_ports()
        assert len(ports) == len(self.body['floating_ips'])
        assert all(one['fip'] for one in ports)

    def floating_ports(self) -> list[Json]:
        """Return the ports of floating IPs on the router's networks."""
        return [
            dict(row)
            for one in self.networks
            for row in self.region.database.query(
                'SELECT p.id, p.device_id, f.id AS fip FROM ports p'
                ' LEFT JOIN floatingips f ON f.floating_port_id = p.id'
                " WHERE p.device_owner = 'network:floatingip'"
                ' AND p.network_id = %s ORDER BY p.id',
                one['network']['id'],
            )
        ]

    def sync_data(self, host: str) -> Json:
        """Return what an L3 agent on a host gets of this router."""
        found = self.region.agent_rpc.call(
            'call',
            method='sync_routers',
            arguments={'host': host, 'router_ids': [self.id]},
            topic='q-l3-plugin',
        )
        assert isinstance(found, list)
        [router] = found
        return dict(router)
