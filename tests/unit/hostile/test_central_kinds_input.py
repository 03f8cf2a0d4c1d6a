# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pulls of every kind, and reports on trunks, as no region would send them."""

import json
import time
from typing import Any
import uuid

import hypothesis
from hypothesis import strategies as st
from neutron_lib.plugins import directory

from tests.unit.central_presence import base
from tests.unit.hostile import inputs
from tests.unit.hostile.test_central_input import body_of
from tests.unit.hostile.test_central_input import DEADLINE
from tests.unit.hostile.test_central_input import HostileTestCase
from tests.unit.hostile.test_central_input import PULL
from tricircle.replica import kinds
from tricircle.replica import types

EXAMPLES = 80
TRUNK_REPORT = {'status': 'ACTIVE'}


class KindsTest(HostileTestCase):
    """What hypothesis finds."""

    def own(self) -> dict[str, str]:
        """Return one of each kind that is the caller's, by its type."""
        policy = directory.get_plugin('QOS').create_policy(
            self.context,
            {'policy': {'project_id': base.PROJECT, 'name': 'q'}},
        )
        parent = self.make('port', network_id=self.network)
        return {
            types.NETWORK: self.network,
            types.PORT: self.port,
            types.SECURITY_GROUP: parent['security_groups'][0],
            types.QOS_POLICY: policy['id'],
            types.ROUTER: self.make('router')['id'],
            types.TRUNK: self.make(
                'trunk', port_id=parent['id'], sub_ports=[]
            )['id'],
            types.ADDRESS_GROUP: self.make(
                'address_group', name='a', addresses=[]
            )['id'],
            types.ADDRESS_SCOPE: self.make(
                'address_scope', name='s', ip_version=4
            )['id'],
            types.SUBNET_POOL: self.make(
                'subnetpool', name='p', prefixes=['10.99.0.0/16']
            )['id'],
        }

    def test_no_body_of_any_kind_is_too_much(self) -> None:
        own, others = self.own(), self.of_others()
        self.assertEqual(set(kinds.COLLECTIONS), set(own))

        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            kind=st.sampled_from(sorted(own)),
            what=st.sampled_from(['pull', 'report', 'refused', 'document']),
            changes=st.dictionaries(
                st.sampled_from([*PULL, *TRUNK_REPORT, 'agent_gateways']),
                inputs.values,
                max_size=2,
            ),
            known=st.booleans(),
        )
        def run(
            kind: str, what: str, changes: dict[str, Any], known: bool
        ) -> None:
            right = PULL if what == 'pull' else TRUNK_REPORT
            id_ = own[kind] if known else str(uuid.uuid4())
            before = self.left()
            began = time.monotonic()

            answer = self.send(
                'PUT',
                f'/{kinds.COLLECTIONS[kind]}/{id_}/replicas/RegionOne',
                body_of(what, right | changes),
            )

            self.assertLess(time.monotonic() - began, DEADLINE)
            if answer.status >= 400:
                self.assertEqual(before, self.left())
            shown = json.dumps(answer.body)
            for other in others:
                self.assertNotIn(other, shown)

        run()
