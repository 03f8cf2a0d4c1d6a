# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A region answers whatever is sent as a document, and never with 500.

What is refused here is refused before anything is looked up: there is no
plugin in this process that could be asked.
"""

import json
from typing import Any
import uuid

import hypothesis
from hypothesis import strategies as st
from neutron_lib import context as n_context
from oslo_config import cfg
import webob

from tests.unit.hostile import inputs
from tests.unit.local import base
from tricircle.conf import local as local_conf
from tricircle.local.engine.api import replicas as replica_api
from tricircle.replica import types
from tricircle.replica.body import bodies

EXAMPLES = 200
ID = str(uuid.uuid4())
FIELDS = tuple(bodies.Network.__annotations__)


def document(**changes: Any) -> dict[str, Any]:
    """Return a document of a network; the region lacks a plugin for it."""
    return {
        'schema': 1,
        'type': types.NETWORK,
        'id': ID,
        'region': 'RegionOne',
        'generation': {'epoch': 1, 'counter': 1},
        'body': {},
        'requires': [],
        'omitted': [],
        **changes,
    }


class RegionInputTest(base.RegionTestCase):
    def setUp(self) -> None:
        super().setUp()
        local_conf.register(cfg.CONF)
        cfg.CONF.set_override(
            'local_region_name', 'RegionOne', local_conf.GROUP
        )
        self.addCleanup(
            cfg.CONF.clear_override, 'local_region_name', local_conf.GROUP
        )
        self._apps = {
            one.collection: one.controller for one in replica_api.resources()
        }

    def send(
        self,
        action: str,
        body: bytes | None = None,
        query: str = '',
        path: str = f'/replicas/network/{ID}',
        kind: str = types.NETWORK,
    ) -> webob.Response:
        request = webob.Request.blank('/', method='PUT')
        request.environ['PATH_INFO'] = path
        request.environ['QUERY_STRING'] = query
        identifier = {} if action == 'index' else {'id': ID}
        request.environ['wsgiorg.routing_args'] = (
            (),
            {'action': action, **identifier},
        )
        request.environ['neutron.context'] = n_context.Context(
            user_id='u', project_id='service', roles=['admin', 'service']
        )
        if body is not None:
            request.content_type = 'application/json'
            request.body = body
        return request.get_response(self._apps[kind])

    def refused(self, status: int, *args: Any, **kwargs: Any) -> None:
        answer = self.send(*args, **kwargs)
        self.assertEqual(status, answer.status_int, answer.text)
        error = answer.json_body['NeutronError']
        self.assertLess(len(error['message']), 700)
        self.assertEqual({}, self.marked(types.NETWORK))

    def put(self, status: int, body: Any) -> None:
        self.refused(status, 'update', json.dumps({'replica': body}).encode())

    def test_bodies_that_cannot_be_read_are_refused(self) -> None:
        for name, (body, status) in inputs.BODIES.items():
            with self.subTest(name):
                # Documents are long.
                self.refused(400 if status == 413 else status, 'update', body)

    def test_a_body_is_not_longer_than_documents_are(self) -> None:
        self.refused(413, 'update', b'"' + b'a' * 2**24 + b'"')

    def test_documents_that_are_none_are_refused(self) -> None:
        for change in (
            {'schema': 2**62},
            {'schema': '1e5'},
            {'schema': None},
            {'region': inputs.HALF_A_CHARACTER},
            {'region': 'RegionTwo'},
            {'id': inputs.PATH},
            {'type': 'port'},
            {'type': 'nothing'},
            {'generation': []},
            {'generation': {'epoch': 2**63, 'counter': 1}},
            {'body': 5},
            {'requires': 5},
            {'requires': 'abc'},
            {'requires': [document()]},
            {'omitted': 5},
        ):
            with self.subTest(str(change)[:60]):
                self.put(400, document(**change))

    def test_a_path_and_a_query_that_are_none_are_refused(self) -> None:
        self.refused(400, 'show', path='/replicas/network/\xff')
        self.refused(400, 'index', query='marker=%ff')
        self.refused(400, 'index', query='limit=x')
        self.refused(400, 'index', query='limit=' + '9' * 5000)
        self.refused(400, 'delete', query='counter=x')
        self.refused(400, 'delete', query='epoch=1&counter=' + '9' * 30)

    def test_no_document_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            changes=st.dictionaries(
                st.sampled_from(sorted(document())),
                st.one_of(inputs.values, inputs.bodies(types.NETWORK, FIELDS)),
                max_size=3,
            )
        )
        def run(changes: dict[str, Any]) -> None:
            self.put(400, document(**changes))

        run()

    def test_no_body_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(body=inputs.values)
        def run(body: Any) -> None:
            self.refused(400, 'update', json.dumps(body).encode())

        run()
