# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central answers whatever regions and tenants send, and never with 500.

Through the API's own middleware, on real ML2: what is refused leaves
nothing behind.
"""

import json
import random
import time
from typing import Any, ClassVar
from unittest import mock
from urllib import parse
import uuid

import fixtures
import hypothesis
from hypothesis import strategies as st
from neutron.db import models_v2
from neutron_lib import context as n_context
from neutron_lib.plugins import directory
from neutron_lib.utils import net
from oslo_db import api as oslo_db_api
import webob
import webob.exc

from tests.unit.central_presence import base
from tests.unit.hostile import inputs
from tricircle.db.central import models as central_models
from tricircle.replica import kinds

EXAMPLES = 100
#: Seconds that no request takes, however busy the machine is.
DEADLINE = 20.0
REPORT = {
    'revision': 1,
    'host': 'host-1',
    'device_id': 'vm-1',
    'device_owner': 'compute:nova',
    'vif_type': 'ovs',
    'vnic_type': 'normal',
    'status': 'ACTIVE',
    'agent_type': 'Open vSwitch agent',
    'tunnel_ip': '192.0.2.1',
}
PULL = {'project_id': base.PROJECT, 'is_admin': False, 'dhcp_agents': 1}
ROWS = (
    models_v2.Network,
    models_v2.Port,
    models_v2.IPAllocation,
    central_models.ReservedPort,
    central_models.ResourceRouting,
    central_models.PortLocation,
    central_models.JournalEntry,
)


class HostileTestCase(base.PresenceTestCase):
    """Central, a network, a port of RegionOne on it, and raw requests."""

    service_plugins: ClassVar[dict[str, str]] = {
        one: one for one in ('qos', 'trunk')
    }

    def set_options(self) -> None:
        super().set_options()
        self.set_option('extension_drivers', ['port_security', 'qos'])

    def setUp(self) -> None:
        super().setUp()
        # Hypothesis makes chance repeat itself, MAC addresses with it.
        self.useFixture(
            fixtures.MockPatchObject(net, 'random', random.SystemRandom())
        )
        self.network = self.make_network()['id']
        self.port = self.allocated(self.network)['id']
        self.pulled('network', self.network)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        roles: tuple[str, ...] = base.SERVICE,
        service: bool = False,
    ) -> base.Answer:
        """Send bytes as somebody; check that the answer can be read.

        :param path: as WSGI has it: bytes as Latin-1, with the query
        :param service: a region speaks for the user
        """
        request = webob.Request.blank('/', method=method)
        request.environ['PATH_INFO'], _, query = path.partition('?')
        request.environ['QUERY_STRING'] = query
        request.content_type = 'application/json'
        if body is not None:
            request.body = body
        request.environ['neutron.context'] = n_context.Context(
            user_id='u',
            project_id=base.PROJECT,
            roles=list(roles),
            service_roles=['service'] if service else [],
        )
        try:
            answer = base.Answer(request.get_response(self._api))
        except webob.exc.HTTPException as exc:
            # Of what is no path of ours; a server answers that.
            return base.Answer(exc)
        self.assertLess(answer.status, 500, answer)
        if answer.status >= 400 and answer.body and body:
            # Neutron repeats what it was given, and no more.
            self.assertLess(
                len(answer.error['message']),
                600 + len(path) + len(body),
                answer,
            )
        return answer

    def of_others(self) -> list[str]:
        """Make what is another project's; return the IDs."""
        project = uuid.uuid4().hex
        network = self.make_network(project_id=project, name='secret')
        port = self.make('port', project, network_id=network['id'])
        policy = directory.get_plugin('QOS').create_policy(
            self.context,
            {'policy': {'project_id': project, 'name': 'q'}},
        )
        return [
            project,
            policy['id'],
            network['id'],
            *network['subnets'],
            port['id'],
            *port['security_groups'],
            *(
                self.make(kind, project, **more)['id']
                for kind, more in (
                    ('router', {}),
                    ('trunk', {'port_id': port['id'], 'sub_ports': []}),
                    ('address_scope', {'name': 's', 'ip_version': 4}),
                    ('address_group', {'name': 'a', 'addresses': []}),
                    (
                        'subnetpool',
                        {'name': 'p', 'prefixes': ['10.99.0.0/16']},
                    ),
                )
            ),
        ]

    def left(self) -> list[int]:
        return [len(self.rows(model)) for model in ROWS]

    def refused(
        self, status: int, method: str, path: str, body: bytes | None = None
    ) -> None:
        before = self.left()
        answer = self.send(method, path, body)
        self.assertEqual(status, answer.status, answer)
        self.assertEqual(before, self.left())

    def pauses(self) -> list[float]:
        """Make no more pauses before Neutron's tries; return their list."""
        made: list[float] = []
        clock = mock.Mock(wraps=time, sleep=made.append)
        self.useFixture(fixtures.MockPatchObject(oslo_db_api, 'time', clock))
        return made

    def make_port(self, **attributes: Any) -> base.Answer:
        body = {
            'id': str(uuid.uuid4()),
            'network_id': self.network,
            'tricircle:region': 'RegionOne',
            **attributes,
        }
        return self.send(
            'POST',
            '/ports',
            json.dumps({'port': body}).encode(),
            base.MEMBER,
            service=True,
        )

    @property
    def replica(self) -> str:
        return f'/networks/{self.network}/replicas/RegionOne'


def body_of(kind: str, body: dict[str, Any]) -> bytes:
    return json.dumps({'replica': {kind: body}}).encode()


class NamedCasesTest(HostileTestCase):
    """What was found once."""

    def test_bodies_that_cannot_be_read_are_refused(self) -> None:
        for name, (body, status) in inputs.BODIES.items():
            with self.subTest(name):
                self.refused(status, 'PUT', self.replica, body)

    def test_paths_that_are_none_are_refused(self) -> None:
        for path, status in (
            ('/networks/\xff/replicas', 400),
            ('/networks/\xff/replicas/RegionOne', 400),
            (f'/networks/{self.network}/replicas/\xff', 400),
            (f'/networks/{self.network}/replicas?x=%ff', 400),
            (f'/networks/{self.network}/replicas/\x00', 404),
            ('/networks/../replicas/RegionOne', 404),
            ('/networks/' + 'a' * 5000 + '/replicas', 404),
            ('/networks/x.json/replicas', 404),
        ):
            with self.subTest(path):
                self.refused(status, 'GET', path)

    def test_two_ports_with_one_mac_address_hold_no_thread(self) -> None:
        pauses = self.pauses()
        body = {
            'network_id': self.network,
            'mac_address': 'fa:16:3e:00:00:01',
        }
        self.refused(
            409, 'POST', '/ports', json.dumps({'ports': [body] * 2}).encode()
        )
        self.assertLess(len(pauses), 5)

    def test_pulls_that_cannot_be_kept_are_refused(self) -> None:
        for change in (
            {'project_id': inputs.HALF_A_CHARACTER},
            {'project_id': 'a' * 2**16},
            {'dhcp_agents': 2**63},
            {'dhcp_agents': -1},
            {'agent_gateways': [inputs.PATH]},
            {'agent_gateways': [[]]},
        ):
            with self.subTest(str(change)[:60]):
                self.refused(
                    400, 'PUT', self.replica, body_of('pull', PULL | change)
                )

    def test_reports_that_cannot_be_kept_are_refused(self) -> None:
        path = f'/ports/{self.port}/replicas/RegionOne'
        for change in (
            {'revision': 2**63},
            {'revision': 10**400},
            {'revision': 1e300},
            {'epoch': 2**64, 'counter': 1},
            {'host': inputs.HALF_A_CHARACTER},
            {'status': 'A' * 17},
        ):
            with self.subTest(str(change)[:60]):
                self.refused(
                    400, 'PUT', path, body_of('report', REPORT | change)
                )

    def test_ports_that_regions_cannot_ask_for_are_refused(self) -> None:
        before = self.left()
        for change, status in (
            ({'id': inputs.PATH}, 400),
            ({'id': inputs.HALF_A_CHARACTER}, 400),
            ({'id': [self.port]}, 400),
            ({'id': 2**70}, 400),
            # To some databases it would be another port.
            ({'id': str(uuid.uuid4()).upper()}, 400),
            # One that central may want to reserve for another region.
            ({'id': str(uuid.uuid5(uuid.NAMESPACE_DNS, 'x'))}, 400),
            ({'tricircle:region': inputs.HALF_A_CHARACTER}, 404),
            ({'tricircle:region': inputs.NUL}, 404),
            ({'tricircle:region': 2**70}, 400),
            ({'tricircle:region': inputs.PATH}, 404),
        ):
            with self.subTest(str(change)[:60]):
                self.assertEqual(status, self.make_port(**change).status)
        self.assertEqual(before, self.left())

    def test_hints_that_are_none_are_refused(self) -> None:
        before = self.left()
        for hints, status in (
            ([inputs.HALF_A_CHARACTER], 404),
            ([inputs.NUL], 404),
            (['a' * 2**16], 400),
            ([[]], 400),
            ({'a': 1}, 400),
            ([2**70], 400),
        ):
            with self.subTest(str(hints)[:60]):
                body = {'network': {'availability_zone_hints': hints}}
                answer = self.send(
                    'POST',
                    '/networks',
                    json.dumps(body).encode(),
                    base.MEMBER,
                )
                self.assertEqual(status, answer.status, answer)
        self.assertEqual(before, self.left())


class FuzzTest(HostileTestCase):
    """What hypothesis finds."""

    def test_no_pull_and_no_report_is_too_much(self) -> None:
        paths = {
            'pull': self.replica,
            'report': f'/ports/{self.port}/replicas/RegionOne',
        }

        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            kind=st.sampled_from(['pull', 'report']),
            changes=st.dictionaries(
                st.sampled_from(
                    [*PULL, *REPORT, 'epoch', 'counter', 'agent_gateways']
                ),
                inputs.values,
                max_size=2,
            ),
        )
        def run(kind: str, changes: dict[str, Any]) -> None:
            right = PULL if kind == 'pull' else REPORT
            before = self.left()
            answer = self.send(
                'PUT', paths[kind], body_of(kind, right | changes)
            )
            if answer.status >= 400:
                self.assertEqual(before, self.left())

        run()

    def test_no_body_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(body=inputs.values)
        def run(body: Any) -> None:
            self.refused(400, 'PUT', self.replica, json.dumps(body).encode())

        run()

    def test_no_path_is_too_much(self) -> None:
        others = self.of_others()

        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            collection=st.sampled_from(
                [one.encode() for one in kinds.COLLECTIONS.values()]
            ),
            id_=st.one_of(
                inputs.segments,
                st.sampled_from([one.encode() for one in others]),
            ),
            region=st.one_of(
                inputs.segments, st.sampled_from([b'RegionOne', b'RegionTwo'])
            ),
            query=st.dictionaries(
                inputs.segments, inputs.segments, max_size=2
            ),
            method=st.sampled_from(['GET', 'PUT', 'DELETE', 'POST', 'list']),
        )
        def run(
            collection: bytes,
            id_: bytes,
            region: bytes,
            query: dict[bytes, bytes],
            method: str,
        ) -> None:
            path = inputs.path_info(*collection.split(b'/'), id_, b'replicas')
            if method == 'list':
                method = 'GET'
            else:
                path += inputs.path_info(region)
            before = self.left()
            asked = f'{path}?{parse.urlencode(query)}'
            began = time.monotonic()
            answer = self.send(method, asked, body_of('pull', PULL))
            self.assertLess(time.monotonic() - began, DEADLINE)
            # As the service of a region, which may look at states.
            if answer.status < 400:
                self.assertIn(answer.body, ({'replicas': []}, {}), answer)
                self.assertEqual('GET', method)
            self.assertEqual(before, self.left())
            for other in others:
                if other not in asked:
                    self.assertNotIn(other, str(answer.body))
            self.assertNotIn('://', str(answer.body))

        run()

    def test_no_attribute_of_ours_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            attributes=st.dictionaries(
                st.sampled_from(['id', 'tricircle:region', 'network_id']),
                inputs.values,
                min_size=1,
                max_size=2,
            )
        )
        def run(attributes: dict[str, Any]) -> None:
            before = self.left()
            if self.make_port(**attributes).status >= 400:
                self.assertEqual(before, self.left())

        run()
