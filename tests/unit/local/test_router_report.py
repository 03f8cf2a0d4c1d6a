# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central hears of a region's routers, and what it does not."""

from typing import Any
from unittest import mock

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.db.models import segment as segments_models
from neutron_lib import constants
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_utils import uuidutils
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.db.local import models as local_models
from tricircle.local.engine import ledger
from tricircle.local.router import report as router_report
from tricircle.local.router.port import ports as router_ports
from tricircle.replica import messages
from tricircle.replica import types


class ReportTestCase(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        client_conf.register(cfg.CONF)
        local_conf.register(cfg.CONF)
        cfg.CONF.set_override(
            'local_region_name', 'RegionOne', group=local_conf.GROUP
        )
        self.router_id = uuidutils.generate_uuid()

    def add(self, row: Any) -> str:
        row.id = row.id or uuidutils.generate_uuid()
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.add(row)
            return str(row.id)

    def make_router(self, *, central: bool = True) -> None:
        self.add(
            l3_models.Router(
                id=self.router_id, project_id='p', status='ACTIVE'
            )
        )
        if central:
            self.mark(types.ROUTER, self.router_id)

    def make_floating_ip(self, status: str, central_id: str | None) -> str:
        network_id = self.add(models_v2.Network(project_id='p'))
        port_id = self.add(
            models_v2.Port(
                network_id=network_id,
                project_id='',
                mac_address='fa:16:3e:00:00:01',
                admin_state_up=True,
                status='ACTIVE',
                device_id='',
                device_owner=constants.DEVICE_OWNER_FLOATINGIP,
            )
        )
        local_id = self.add(
            l3_models.FloatingIP(
                project_id='p',
                floating_ip_address='203.0.113.5',
                floating_network_id=network_id,
                floating_port_id=port_id,
                router_id=self.router_id,
                status=status,
            )
        )
        if central_id:
            self.mark(
                ledger.FLOATING_IP,
                central_id,
                local_id=local_id,
                parent_id=self.router_id,
            )
        return local_id

    def outbox(self) -> set[tuple[str, str]]:
        """Return what central must hear of."""
        row = local_models.OutboxEntry
        with db_api.CONTEXT_READER.using(self.context):
            return {
                (one.resource_type, one.resource_id)
                for one in self.context.session.execute(
                    sa.select(row.resource_type, row.resource_id)
                )
            }

    def floating_ip_changed(self, local_id: str) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            router_report.floating_ip_changed(self.context.session, local_id)

    def port_changed(self, port_id: str) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            router_report.port_changed(self.context.session, port_id, 0.0)

    def make_network(
        self, name: str, network_type: str, *, of_centrals: bool
    ) -> str:
        """Make one of central's, with a segment of central's or not."""
        network_id = self.add(models_v2.Network(project_id='p', name=name))
        self.add(
            segments_models.NetworkSegment(
                network_id=network_id, network_type=network_type
            )
        )
        self.mark(
            types.NETWORK,
            network_id,
            project_id='p',
            detail={'provider': of_centrals},
        )
        return network_id


class NoteTest(ReportTestCase):
    def test_a_floating_ip_of_centrals_is_told_with_its_router(self) -> None:
        self.make_router()
        local_id = self.make_floating_ip('ACTIVE', 'central-fip')

        self.floating_ip_changed(local_id)

        self.assertEqual({(types.ROUTER, self.router_id)}, self.outbox())

    def test_one_of_the_regions_own_is_nobody_elses_business(self) -> None:
        self.make_router()
        self.floating_ip_changed(self.make_floating_ip('ACTIVE', None))

        self.assertEqual(set(), self.outbox())

    def test_of_routers_ports_only_those_that_others_reach_are_told(
        self,
    ) -> None:
        networks = {
            'over-regions': self.make_network('a', 'vxlan', of_centrals=True),
            'on-a-wire': self.make_network('b', 'vlan', of_centrals=True),
            'in-here': self.make_network('c', 'vxlan', of_centrals=False),
        }
        for port_id, network_id in networks.items():
            with self.no_port_of_that_id():
                router_ports.claim(
                    self.context,
                    self.router_id,
                    router_ports.GATEWAY,
                    {
                        'port_id': port_id,
                        'network_id': network_id,
                        'fixed_ips': [],
                    },
                )
            self.port_changed(port_id)
        self.port_changed('of-the-regions-own')

        self.assertEqual({(ledger.ROUTER_PORT, 'over-regions')}, self.outbox())

    def no_port_of_that_id(self) -> Any:
        return mock.patch.object(
            router_ports, 'find', autospec=True, return_value=None
        )


class ReadTest(ReportTestCase):
    def test_a_report_names_floating_ips_as_central_does(self) -> None:
        self.make_router()
        self.make_floating_ip('DOWN', 'central-fip')
        self.make_floating_ip('ACTIVE', None)

        report = router_report.read(self.router_id)

        assert report is not None
        self.assertEqual('ACTIVE', report['status'])
        self.assertEqual({'central-fip': 'DOWN'}, report['floating_ips'])

    def test_there_is_nothing_to_say_of_what_is_not_centrals(self) -> None:
        self.make_router(central=False)

        self.assertIsNone(router_report.read(self.router_id))

    def test_there_is_nothing_to_say_of_what_is_not_made_yet(self) -> None:
        self.mark(
            types.ROUTER,
            self.router_id,
            state=local_models.State.APPLYING,
        )

        self.assertIsNone(router_report.read(self.router_id))


class Central:
    """Answers as it is told."""

    def __init__(
        self, error: Exception | None = None, revision: int = 0
    ) -> None:
        self.error = error
        self.revision = revision
        self.heard: list[tuple[str, str, Any]] = []

    def report_router(
        self, router_id: str, region: str, body: Any
    ) -> int | None:
        if self.error is not None:
            raise self.error
        self.heard.append((router_id, region, body))
        if messages.is_outdated(body, self.revision):
            return self.revision
        self.revision = body['revision']
        return None


class SendTest(ReportTestCase):
    def send(self, client: Any) -> None:
        senders = router_report.senders(cfg.CONF, client)
        senders[types.ROUTER](self.router_id)

    def test_central_hears_which_region_it_is(self) -> None:
        self.make_router()
        client = Central()

        self.send(client)

        [(router_id, region, body)] = client.heard
        self.assertEqual((self.router_id, 'RegionOne'), (router_id, region))
        self.assertEqual({}, body['floating_ips'])

    def test_what_central_was_told_falsely_is_replaced(self) -> None:
        self.make_router()
        client = Central(revision=9999)

        self.send(client)

        [_first, (_router_id, _region, body)] = client.heard
        self.assertEqual(9999, body['supersedes'])
        self.assertEqual(body['revision'], client.revision)

    def test_what_central_does_not_know_any_more_needs_no_report(
        self,
    ) -> None:
        self.make_router()

        # Sent, and done with: the sender takes the entry out.
        self.send(Central(refused(404, 'RouterNotFound')))

    def test_anything_else_is_tried_again(self) -> None:
        self.make_router()
        for error in (
            # The region is about to be known.
            refused(404, 'PodNotFound'),
            refused(503, 'ServiceUnavailable'),
            refused(409, 'Conflict'),
        ):
            self.assertRaises(
                central_errors.CentralError, self.send, Central(error)
            )

    def test_a_router_that_is_gone_is_not_reported(self) -> None:
        client = Central()

        self.send(client)

        self.assertEqual([], client.heard)


def refused(status: int, kind: str) -> central_errors.CentralError:
    """Return what central's refusal is turned into."""
    return central_errors.CentralError(status, kind, 'because')
