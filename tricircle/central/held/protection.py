# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests that would break what is Tricircle's own, refused to everyone.

See :mod:`tricircle.central.held.ownership`. Looked at before Neutron begins,
so that a refusal is an answer and not the failure of a transaction.
"""

from typing import Any

from neutron_lib.db import api as db_api

from tricircle.central.held import ownership
from tricircle.central.held import reservations


class ProtectionMixin:
    """Keeps reserved ports and bridge networks from harm.

    It goes in front of Ml2Plugin and of whatever makes ports.
    """

    # Ports.

    def create_port(self, context: Any, port: dict[str, Any]) -> Any:
        _check_new_port(context, port)
        return super().create_port(context, port)  # type: ignore[misc]

    def create_port_bulk(self, context: Any, ports: dict[str, Any]) -> Any:
        for port in ports['ports']:
            _check_new_port(context, port)
        return super().create_port_bulk(context, ports)  # type: ignore[misc]

    def update_port(self, context: Any, id: str, port: dict[str, Any]) -> Any:
        """Change a port; of a reserved one, what nobody depends on.

        :raises ReservedForRegion: 409
        """
        if any(name not in ownership.FREE for name in port['port']):
            names = self._changed(context, id, port['port'])
            if names:
                ownership.check_port(
                    context, id, f'changed ({", ".join(names)})'
                )
        return super().update_port(context, id, port)  # type: ignore[misc]

    def _changed(
        self, context: Any, port_id: str, body: dict[str, Any]
    ) -> list[str]:
        with db_api.CONTEXT_READER.using(context):
            if not ownership.is_reserved(context.session, port_id):
                return []
            current = self.get_port(  # type: ignore[attr-defined]
                context, port_id
            )
        return ownership.changed(body, current)

    def delete_port(
        self, context: Any, id: str, l3_port_check: bool = True
    ) -> None:
        """Delete a port; a reserved one only with its network.

        :raises ReservedForRegion: 409
        """
        ownership.check_port(context, id, 'deleted')
        super().delete_port(  # type: ignore[misc]
            context, id, l3_port_check=l3_port_check
        )

    def create_port_binding(
        self, context: Any, port_id: str, binding: dict[str, Any]
    ) -> Any:
        ownership.check_port(context, port_id, 'bound')
        return super().create_port_binding(  # type: ignore[misc]
            context, port_id, binding
        )

    def update_port_binding(
        self, context: Any, host: str, port_id: str, binding: dict[str, Any]
    ) -> Any:
        ownership.check_port(context, port_id, 'bound')
        return super().update_port_binding(  # type: ignore[misc]
            context, host, port_id, binding
        )

    def delete_port_binding(
        self, context: Any, host: str, port_id: str
    ) -> None:
        ownership.check_port(context, port_id, 'unbound')
        super().delete_port_binding(  # type: ignore[misc]
            context, host, port_id
        )

    # Networks.

    def update_network(
        self, context: Any, id: str, network: dict[str, Any]
    ) -> Any:
        """Change a network; of a bridge, what nobody depends on.

        :raises BridgeNetworkProtected: 409
        """
        names = _not_free(network['network'])
        if names:
            ownership.check_network(
                context, id, f'its {names} cannot be changed'
            )
        return super().update_network(  # type: ignore[misc]
            context, id, network
        )

    def delete_network(self, context: Any, id: str) -> None:
        """Delete a network and what is reserved on it.

        :raises BridgeNetworkProtected: 409, when it is a bridge
        """
        ownership.check_network(context, id, 'it cannot be deleted')
        # Neutron deletes the ports of DHCP servers one by one.
        with ownership.acting():
            super().delete_network(context, id)  # type: ignore[misc]
        reservations.forget_network(context, id)

    def create_rbac_policy(
        self, context: Any, rbac_policy: dict[str, Any]
    ) -> Any:
        ownership.check_network(
            context,
            rbac_policy['rbac_policy']['object_id'],
            'it cannot be shared',
        )
        return super().create_rbac_policy(  # type: ignore[misc]
            context, rbac_policy
        )

    # Subnets. Those being made are looked at where all ways to make one meet
    # (plugin.py).

    def update_subnet(
        self, context: Any, id: str, subnet: dict[str, Any]
    ) -> Any:
        names = _not_free(subnet['subnet'])
        if names:
            ownership.check_subnet(
                context, id, f'the {names} of its subnets cannot be changed'
            )
        # A prefix that was delegated changes the addresses of all ports.
        with ownership.acting():
            return super().update_subnet(  # type: ignore[misc]
                context, id, subnet
            )

    def delete_subnet(self, context: Any, id: str) -> None:
        ownership.check_subnet(context, id, 'its subnets cannot be taken off')
        super().delete_subnet(context, id)  # type: ignore[misc]

    def onboard_network_subnets(
        self, context: Any, subnetpool_id: str, network_info: dict[str, Any]
    ) -> Any:
        ownership.check_network(
            context,
            network_info.get('network_id') or '',
            'its subnets cannot be put into a pool',
        )
        return super().onboard_network_subnets(  # type: ignore[misc]
            context, subnetpool_id, network_info
        )


def _not_free(body: dict[str, Any]) -> str:
    return ', '.join(sorted(body.keys() - ownership.FREE))


def _check_new_port(context: Any, port: dict[str, Any]) -> None:
    ownership.check_network(
        context, port['port']['network_id'], 'no port can be made on it'
    )
