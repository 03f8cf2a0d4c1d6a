# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hosts of other regions: no name of one is taken for another's host."""

import contextlib
import functools
from typing import Any
from unittest import mock

from neutron.objects import agent as agent_objects
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_utils import timeutils
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import fault_point
from tricircle.db.local.models import Replica
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.local.shadow import agents as shadow_agents
from tricircle.local.shadow import host_rows
from tricircle.local.shadow.applier import ShadowPortsApplier
from tricircle.replica import types
from tricircle.replica.document import Document

#: More steps than either has.
_MANY = 40
_THERE = {'RegionTwo': '192.0.2.19', 'RegionThree': '192.0.2.66'}


class DiedError(BaseException):
    """A process that dies: nothing is put right on the way out."""


class ShadowTestCase(plugin_base.PluginTestCase):
    """RegionOne, with ports of two other regions."""

    def setUp(self) -> None:
        super().setUp()
        self.network = documents.network()
        self.group = documents.group()
        self.apply(self.network, self.group)

    def shadow(self, number: int, region: str) -> dict[str, Any]:
        """Return a shadow port on the host ``far`` of a region."""
        (port,) = documents.shadows(self.network, self.group).body['ports']
        (fixed_ip,) = port['fixed_ips']
        return {
            **port,
            'mac_address': f'fa:16:3e:00:01:{number:02x}',
            'fixed_ips': [{**fixed_ip, 'ip_address': f'10.0.0.{number}'}],
            'region': region,
        }

    def of(self, *ports: dict[str, Any]) -> Document:
        """Return the document of some shadow ports."""
        shadows = documents.shadows(self.network, self.group)
        (agent,) = shadows.body['agents']
        return documents.later(
            shadows,
            {
                'ports': sorted(ports, key=lambda one: str(one['id'])),
                'agents': [
                    {**agent, 'region': region, 'tunnel_ip': _THERE[region]}
                    for region in sorted({one['region'] for one in ports})
                ],
            },
        )

    def reached_at(self, port: dict[str, Any]) -> str:
        """Return the tunnel address that agents here have of a port."""
        here = self.plugin.get_port(self.context, port['id'])
        self.assertEqual('ovs', here['binding:vif_type'])
        self.assertEqual('ACTIVE', here['status'])
        return self.address(here['binding:host_id'])

    def address(self, host: str) -> str:
        """Return the tunnel address of an agent."""
        agent = agent_objects.Agent.get_object(
            self.context, agent_type=types.AGENT_TYPE_OVS, host=host
        )
        assert agent is not None, host
        return str(agent.configurations['tunneling_ip'])

    def own_agent_reports(self, host: str) -> None:
        """Have an agent of the region's own say that it is there."""
        self.plugin.create_or_update_agent(
            self.context,
            {
                'agent_type': types.AGENT_TYPE_OVS,
                'binary': 'neutron-openvswitch-agent',
                'host': host,
                'topic': 'N/A',
                'configurations': {
                    'tunneling_ip': '192.0.2.1',
                    'tunnel_types': ['vxlan'],
                },
            },
            timeutils.utcnow(),
        )

    def endpoint(self, host: str) -> str:
        """Return the tunnel's end that agents are told of a host."""
        driver = directory.get_plugin().type_manager.drivers['vxlan'].obj
        return str(driver.get_endpoint_by_host(host).ip_address)


class TestShadowHosts(ShadowTestCase):
    """What regions call their hosts."""

    def test_hosts_of_one_name_in_two_regions_are_two(self) -> None:
        first = self.shadow(20, 'RegionTwo')
        second = self.shadow(21, 'RegionThree')
        self.apply(self.of(first))

        self.apply(self.of(first, second))

        self.assertEqual('192.0.2.19', self.reached_at(first))
        self.assertEqual('192.0.2.66', self.reached_at(second))

    def test_a_host_has_the_name_of_one_here_and_is_another(self) -> None:
        self.own_agent_reports('far')
        port = self.shadow(20, 'RegionTwo')

        self.apply(self.of(port))

        self.assertEqual('192.0.2.1', self.address('far'))
        self.assertEqual('192.0.2.19', self.reached_at(port))

    def test_a_host_here_gets_its_name_though_a_shadow_had_it(self) -> None:
        port = self.shadow(20, 'RegionTwo')
        self.apply(self.of(port))
        self.assertEqual('192.0.2.19', self.address('far'))
        self.own_agent_reports('far')

        self.apply(self.of(port))
        shadow_agents.refresh()

        self.assertEqual('192.0.2.1', self.address('far'))
        self.assertEqual('192.0.2.19', self.reached_at(port))

    def test_only_a_hosts_own_agent_goes_with_its_last_port(self) -> None:
        self.own_agent_reports('far')
        first = self.shadow(20, 'RegionTwo')
        second = self.shadow(21, 'RegionThree')
        self.apply(self.of(first, second))

        self.apply(self.of(second))
        self.assertEqual('192.0.2.66', self.reached_at(second))
        self.apply(self.of())

        self.assertEqual(
            [('far', {})],
            [
                (one.host, shadow_agents.names(self.context.session))
                for one in agent_objects.Agent.get_objects(self.context)
            ],
        )


class TestShadowHostsLeftBehind(ShadowTestCase):
    """The agent of a host goes also when somebody died meanwhile."""

    def dies_at(self, point: str, *documents: Document) -> None:
        """Carry documents out, by who dies at a fault point."""

        def reach(name: str) -> None:
            if name == point:
                raise DiedError

        with (
            mock.patch.object(fault_point, 'reach', reach),
            self.assertRaises(DiedError),
        ):
            self.apply(*documents)
        self.lapse()

    def lapse(self) -> None:
        """Let the leases of the dead be over."""
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(Replica).values(lease_owner=None, lease_until=None)
            )

    def remove(self, document: Document) -> None:
        apply.remove(self.context, document.type, document.id)

    def hosts(self) -> list[str]:
        """Return the hosts of other regions of which agents are here."""
        with db_api.CONTEXT_READER.using(self.context):
            noted = sorted(host_rows.agents(self.context.session))
        there = sorted(
            one.host for one in agent_objects.Agent.get_objects(self.context)
        )
        self.assertEqual(noted, there)
        return noted

    def test_who_dies_before_there_is_a_port_leaves_none(self) -> None:
        document = self.of(self.shadow(20, 'RegionTwo'))
        with mock.patch.object(
            ShadowPortsApplier,
            '_create',
            autospec=True,
            side_effect=DiedError,
        ):
            self.assertRaises(DiedError, self.apply, document)
        self.lapse()
        self.assertEqual(['far'], self.hosts())

        self.remove(document)

        self.assertEqual([], self.hosts())

    def test_who_dies_after_the_ports_are_gone_leaves_none(self) -> None:
        document = self.of(self.shadow(20, 'RegionTwo'))
        self.apply(document)
        with mock.patch.object(
            shadow_agents,
            'remove_unneeded',
            autospec=True,
            side_effect=DiedError,
        ):
            self.assertRaises(DiedError, self.remove, document)
        self.lapse()
        self.assertEqual(['far'], self.hosts())

        self.remove(document)

        self.assertEqual([], self.hosts())

    def test_who_dies_while_a_host_is_left_leaves_none(self) -> None:
        first = self.shadow(20, 'RegionTwo')
        second = self.shadow(21, 'RegionThree')
        self.apply(self.of(first))
        document = self.of(second)
        self.dies_at('local.shadow.activated', document)
        self.assertEqual(['far', 'far@RegionThree'], self.hosts())

        self.apply(document)

        self.assertEqual(['far@RegionThree'], self.hosts())

    def test_a_document_that_fails_leaves_none(self) -> None:
        document = self.of(self.shadow(20, 'RegionTwo'))
        with mock.patch.object(
            ShadowPortsApplier,
            '_create',
            autospec=True,
            side_effect=ValueError,
        ):
            self.assertRaises(refusals.ReplicaFailed, self.apply, document)

        self.remove(document)

        self.assertEqual([], self.hosts())

    def test_a_port_that_came_here_meanwhile_leaves_none(self) -> None:
        port = documents.port(self.network, self.group)
        self.apply(port)
        there = {**self.shadow(20, 'RegionTwo'), 'id': port.id}

        # It differs from its document, as long as that names the port.
        applied = apply.apply(self.context, self.of(there))

        self.assertEqual([], self.hosts())
        self.assertEqual(['agents', 'ports'], applied['differs'])


class TestHostsThatSeveralNetworksUse(ShadowTestCase):
    """The agent of a host stays while a port is on its way to it."""

    def setUp(self) -> None:
        super().setUp()
        self.other = documents.network()
        self.apply(self.other)

    def chunks(self) -> tuple[Document, Document]:
        """Return shadow ports of two networks, all on one host."""
        return (
            documents.shadows(self.network, self.group),
            documents.shadows(self.other, self.group),
        )

    def goes(self, chunk: Document) -> None:
        """Have a network's last shadow port go; another is tried again."""
        with contextlib.suppress(exceptions.ServiceUnavailable):
            apply.apply(
                neutron_context.get_admin_context(),
                documents.later(chunk, {'ports': [], 'agents': []}),
            )

    def test_the_last_port_of_a_network_leaves_when_one_comes(self) -> None:
        for number in range(1, _MANY):
            leaving, coming = self.chunks()
            self.apply(leaving)
            with plugin_base.interrupted(
                number, functools.partial(self.goes, leaving)
            ) as steps:
                self.apply(coming)

            (port,) = coming.body['ports']
            self.assertEqual('192.0.2.19', self.reached_at(port), number)
            self.goes(leaving)
            self.assertEqual('192.0.2.19', self.reached_at(port), number)
            self.goes(coming)
            if steps[0] < number:
                return
        self.fail('It has more steps than that.')

    def test_one_comes_when_the_last_port_of_a_network_leaves(self) -> None:
        for number in range(1, _MANY):
            leaving, coming = self.chunks()
            self.apply(leaving)
            with plugin_base.interrupted(
                number, functools.partial(self.apply, coming)
            ) as steps:
                self.goes(leaving)

            if steps[0] >= number:
                (port,) = coming.body['ports']
                self.assertEqual('192.0.2.19', self.reached_at(port), number)
            self.goes(coming)
            if steps[0] < number:
                return
        self.fail('It has more steps than that.')

    def test_a_port_whose_host_is_lost_says_so(self) -> None:
        leaving, _coming = self.chunks()
        with (
            mock.patch.object(
                shadow_agents, 'ensure', autospec=True, return_value={}
            ),
            self.assertRaises(refusals.ShadowNotBound) as caught,
        ):
            self.apply(leaving)

        (port,) = leaving.body['ports']
        self.assertIn(port['id'], str(caught.exception))
        self.assertIn('far', str(caught.exception))
