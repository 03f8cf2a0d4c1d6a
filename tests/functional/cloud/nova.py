# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What Nova 34 asks of a Neutron, call by call.

The order and the callers are those of nova/network/neutron.py:
``validate_networks`` and ``allocate_for_instance`` for a boot,
``deallocate_for_instance`` for a delete. Nova asks some things with the
user's token and some with its own.
"""

import dataclasses
from typing import Any, Final
import uuid

import requests

from tests.functional.cloud import client as clients
from tests.functional.cloud import neutron

Json = dict[str, Any]


class NovaError(Exception):
    """Nova would have refused or failed the boot, and says why."""


#: What a client sees of a process that dies under its request.
INTERRUPTED: Final = (clients.ApiError, NovaError, requests.RequestException)


@dataclasses.dataclass(frozen=True)
class Instance:
    """An instance with one port."""

    id: str
    host: str
    port: Json
    network: Json
    #: whether Nova made the port, and deletes it with the instance
    owns_port: bool
    user: clients.NeutronClient
    service: clients.NeutronClient
    #: what Nova keeps of the port's network for the instance's metadata
    subnets: tuple[Json, ...] = ()
    dhcp_servers: tuple[str, ...] = ()

    @property
    def port_id(self) -> str:
        """The ID of the port."""
        return str(self.port['id'])

    @property
    def addresses(self) -> list[str]:
        """The IP addresses of the port."""
        return [str(ip['ip_address']) for ip in self.port['fixed_ips']]


class Nova:
    """The compute service of one region.

    :param url: Neutron's URL when it is not the region's own, such as a
        proxy's
    """

    def __init__(
        self,
        region: neutron.NeutronProcess,
        project: str = 'p1',
        user: str | None = None,
        url: str | None = None,
    ) -> None:
        self._default_host = region.default_host
        # With [service_user] send_service_user_token, without which
        # Neutron lets no user delete a port of an instance.
        self.user = region.client(project, user=user, service=True, url=url)
        self.service = region.client(
            'service-project', clients.SERVICE, 'nova', url=url
        )

    # -- the compute API, before a host is chosen ---------------------------

    def validate(
        self, network_id: str | None = None, port_id: str | None = None
    ) -> None:
        """Check in the compute API that a port can be had."""
        if port_id:
            port = self.user.show('port', port_id)
            if port['device_id']:
                raise NovaError('port %s is in use' % port_id)
            if not port['fixed_ips']:
                raise NovaError('port %s has no address' % port_id)
            return
        networks = self.user.list('network', id=[network_id])
        if not networks:
            raise NovaError('network %s not found' % network_id)
        if not networks[0]['subnets']:
            raise NovaError('network %s has no subnet' % network_id)
        quota = self.user.show('quota', self.user.project)
        used = self.user.list(
            'port', tenant_id=self.user.project, fields=['id']
        )
        if 0 <= quota['port'] <= len(used):
            raise NovaError('port quota exceeded')

    # -- the compute host ---------------------------------------------------

    def boot(
        self,
        network_id: str | None = None,
        port_id: str | None = None,
        host: str | None = None,
        fixed_ip: str | None = None,
        security_groups: tuple[str, ...] = (),
        availability_zone: str = 'nova',
        validate: bool = True,
        instance_id: str | None = None,
    ) -> Instance:
        """Boot an instance with one port, new or given."""
        if validate:
            self.validate(network_id, port_id)
        host = host or self._default_host
        instance_id = instance_id or str(uuid.uuid4())
        if port_id:
            # Nova asks as itself, to see resource requests.
            given = self.service.show('port', port_id)
            if given['project_id'] != self.user.project:
                raise NovaError('port %s is not usable' % port_id)
            if given['device_id']:
                raise NovaError('port %s is in use' % port_id)
            network_id = str(given['network_id'])
        networks = self.user.list('network', id=[network_id])
        if not networks:
            raise NovaError('network %s not found' % network_id)
        wanted_port = port_id or self._create_port(
            instance_id, str(network_id), fixed_ip, security_groups
        )
        try:
            port = self._bind(
                wanted_port, instance_id, host, availability_zone
            )
        except (NovaError, clients.ApiError):
            if port_id:
                self._unbind(port_id)
            else:
                self.user.delete(f'/ports/{wanted_port}')
            raise
        instance = Instance(
            id=instance_id,
            host=host,
            port=port,
            network=networks[0],
            owns_port=port_id is None,
            user=self.user,
            service=self.service,
        )
        return self._network_info(instance)

    def _create_port(
        self,
        instance_id: str,
        network_id: str,
        fixed_ip: str | None,
        security_groups: tuple[str, ...],
    ) -> str:
        body: dict[str, object] = {
            'device_id': instance_id,
            'network_id': network_id,
            'admin_state_up': True,
            'tenant_id': self.user.project,
        }
        if fixed_ip:
            body['fixed_ips'] = [{'ip_address': fixed_ip}]
        if security_groups:
            body['security_groups'] = list(security_groups)
        return str(self.user.create('port', **body)['id'])

    def _bind(
        self, port_id: str, instance_id: str, host: str, zone: str
    ) -> Json:
        port = self.service.update(
            'port',
            port_id,
            **{
                'device_id': instance_id,
                'device_owner': f'compute:{zone}',
                'binding:host_id': host,
            },
        )
        if port['binding:vif_type'] == 'binding_failed':
            raise NovaError('binding of port %s failed' % port_id)
        return port

    def _network_info(self, instance: Instance) -> Instance:
        found = self.service.list(
            'port', tenant_id=self.user.project, device_id=instance.id
        )
        port = next(p for p in found if p['id'] == instance.port_id)
        dhcp = []
        subnets: list[Json] = []
        for ip in port['fixed_ips']:
            answer = self.service.get(
                '/floatingips',
                fixed_ip_address=ip['ip_address'],
                port_id=port['id'],
            )
            # A Neutron without routers has no floating IPs: 404.
            if answer.status_code not in (200, 404):
                raise clients.ApiError(answer)
        ids = sorted({ip['subnet_id'] for ip in port['fixed_ips']})
        if ids:
            subnets = self.service.list('subnet', id=ids)
        for subnet in subnets:
            servers = self.service.list(
                'port',
                network_id=subnet['network_id'],
                device_owner='network:dhcp',
            )
            dhcp += [
                str(ip['ip_address'])
                for server in servers
                for ip in server['fixed_ips']
                if ip['subnet_id'] == subnet['id']
            ]
        self.service.show(
            'network',
            port['network_id'],
            fields=['provider:physical_network', 'provider:network_type'],
        )
        return dataclasses.replace(
            instance,
            port=port,
            subnets=tuple(subnets),
            dhcp_servers=tuple(dhcp),
        )

    def delete(self, instance: Instance) -> None:
        """Delete an instance; a port that was given is only unbound."""
        found = self.user.list('port', device_id=instance.id)
        ids = {str(port['id']) for port in found}
        if not instance.owns_port:
            self._unbind(instance.port_id)
            ids.discard(instance.port_id)
        for port_id in sorted(ids):
            answer = self.user.delete(f'/ports/{port_id}')
            if answer.status_code not in (204, 404):
                raise clients.ApiError(answer)

    def _unbind(self, port_id: str) -> None:
        answer = self.user.get(
            f'/ports/{port_id}', fields=['binding:profile', 'network_id']
        )
        if answer.status_code == 404:
            return
        port = answer.json().get('port', {})
        if 'network_id' in port:
            self.user.show('network', port['network_id'], fields='dns_domain')
        self.service.update(
            'port',
            port_id,
            **{
                'binding:host_id': None,
                'binding:profile': port.get('binding:profile') or {},
                'device_id': '',
                'device_owner': '',
            },
        )

    def migrate(self, instance: Instance, host: str) -> Instance:
        """Move an instance to another host, as a cold migration does."""
        found = self.service.list(
            'port', device_id=instance.id, tenant_id=self.user.project
        )
        port = instance.port
        for item in found:
            port = self.service.update(
                'port',
                str(item['id']),
                **{
                    'binding:host_id': host,
                    'device_owner': 'compute:nova',
                },
            )
        return dataclasses.replace(instance, host=host, port=port)

    def live_migrate(self, instance: Instance, host: str) -> Instance:
        """Move an instance to another host while it runs.

        Its port is bound on both (extension ``binding-extended``) until the
        instance goes on at the destination.
        """
        path = f'/ports/{instance.port_id}/bindings'
        for answer in (
            self.service.post(
                path,
                {'binding': {'host': host, 'vnic_type': 'normal'}},
            ),
            self.service.put(f'{path}/{host}/activate'),
            self.service.delete(f'{path}/{instance.host}'),
        ):
            if answer.status_code >= 400:
                raise clients.ApiError(answer)
        port = self.service.update(
            'port',
            instance.port_id,
            **{
                'binding:host_id': host,
                'device_owner': 'compute:nova',
            },
        )
        return dataclasses.replace(instance, host=host, port=port)


def nova_boot(
    region: neutron.NeutronProcess,
    network_id: str | None = None,
    port_id: str | None = None,
    host: str | None = None,
    project: str = 'p1',
    **options: Any,
) -> Instance:
    """Boot one instance in a region; see :meth:`Nova.boot`."""
    return Nova(region, project).boot(network_id, port_id, host, **options)


def nova_delete(region: neutron.NeutronProcess, instance: Instance) -> None:
    """Delete an instance that :func:`nova_boot` made."""
    Nova(region, instance.user.project, instance.user.identity.user).delete(
        instance
    )
