# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What names a QoS policy here: the region's own, or central's.

What is the region's own may have either's policies. On what is central's
there are only central's: a document would take others off again.
"""

from collections.abc import Iterable, Mapping
import contextlib
from typing import Any, Final

from neutron_lib import exceptions
from oslo_utils import uuidutils

from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.process import core_plugin
from tricircle.local.qos import applier
from tricircle.replica import types

ATTRIBUTE: Final = 'qos_policy_id'


def bring(context: Any, named: Iterable[Mapping[str, Any]]) -> None:
    """Bring the policies here that requests name by their IDs.

    What nobody has is for Neutron to refuse, which reads them past getters.

    :param named: networks or ports
    """
    plugin = applier.plugin()
    if plugin is None:
        return
    for policy_id in {
        one[ATTRIBUTE]
        for one in named
        if uuidutils.is_uuid_like(one.get(ATTRIBUTE))
    }:
        with contextlib.suppress(exceptions.NotFound):
            plugin.get_policy(context, policy_id)


def check(named: Mapping[str, Any], noun: str, id_: str, what: str) -> None:
    """Refuse a policy of the region's own on what is central's.

    :param named: what is asked for
    :param noun: what is central's, as the message names it
    :param id_: its ID
    :param what: what is to be done in central instead
    :raises BelongsToCentral: if so
    """
    policy_id = named.get(ATTRIBUTE)
    if (
        isinstance(policy_id, str)
        and applier.is_here(policy_id)
        and not ownership.is_central(types.QOS_POLICY, policy_id)
    ):
        raise refusals.BelongsToCentral(type=noun, id=id_, what=what)


class PolicyNamesMixin(core_plugin.CorePlugin):
    """Writes that may name a policy, in front of all others."""

    @actor.for_users
    def create_network(self, context: Any, network: dict[str, Any]) -> Any:
        """Create a network."""
        bring(context, [network['network']])
        return super().create_network(context, network)

    @actor.for_users
    def create_network_bulk(
        self, context: Any, networks: dict[str, Any]
    ) -> Any:
        """Create networks."""
        bring(context, [one['network'] for one in networks['networks']])
        return super().create_network_bulk(context, networks)

    @actor.for_users
    def update_network(
        self, context: Any, id: str, network: dict[str, Any]
    ) -> Any:
        """Change a network."""
        bring(context, [network['network']])
        return super().update_network(context, id, network)

    @actor.for_users
    def create_port(self, context: Any, port: dict[str, Any]) -> Any:
        """Create a port."""
        bring(context, [port['port']])
        return super().create_port(context, port)

    @actor.for_users
    def create_port_bulk(self, context: Any, ports: dict[str, Any]) -> Any:
        """Create ports."""
        bring(context, [one['port'] for one in ports['ports']])
        return super().create_port_bulk(context, ports)

    @actor.for_users
    def update_port(self, context: Any, id: str, port: dict[str, Any]) -> Any:
        """Change a port."""
        bring(context, [port['port']])
        return super().update_port(context, id, port)
