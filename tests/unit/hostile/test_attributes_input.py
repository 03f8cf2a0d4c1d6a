# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fuzz of what callers say of devices, hints and routers in central."""

import json
from typing import Any

import hypothesis
from hypothesis import strategies as st

from tests.unit.central_presence import base
from tests.unit.hostile import inputs
from tests.unit.hostile.test_central_input import body_of
from tests.unit.hostile.test_central_input import HostileTestCase
from tricircle.db.central import models as central_models
from tricircle.replica import held_ports
from tricircle.replica import types

EXAMPLES = 40
ROUTER_REPORT = {'revision': 1, 'status': 'ACTIVE', 'floating_ips': {}}


def _is_unicode(value: Any) -> bool:
    # Of half a character in its own attributes any Neutron makes a 500.
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


#: What is refused, or is a device like any other.
_DEVICES = st.one_of(
    inputs.values.filter(_is_unicode),
    st.sampled_from(
        [
            'a' * 255,
            'a' * 256,
            '../networks/x/replicas/RegionTwo?x=',
            'network:router_interface',
            'network:dhcp',
            'compute:shadow',
            *held_ports.DEVICE_IDS,
        ]
    ),
)


class AttributesTest(HostileTestCase):
    """What hypothesis finds."""

    def plans(self) -> list[Any]:
        return self.rows(
            central_models.JournalEntry, resource_type=types.ROUTER_PLAN
        )

    def test_no_device_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            device=st.dictionaries(
                st.sampled_from(['device_id', 'device_owner']),
                _DEVICES,
                min_size=1,
            ),
            method=st.sampled_from(['POST', 'bulk', 'PUT']),
        )
        def run(device: dict[str, Any], method: str) -> None:
            before = self.left()
            body: Any = {'network_id': self.network, **device}
            if method == 'PUT':
                answer = self.send(
                    'PUT',
                    f'/ports/{self.port}',
                    json.dumps({'port': device}).encode(),
                    base.MEMBER,
                )
            else:
                answer = self.send(
                    'POST',
                    '/ports',
                    json.dumps(
                        {'ports': [body]}
                        if method == 'bulk'
                        else {'port': body}
                    ).encode(),
                    base.MEMBER,
                )
            if answer.status >= 400:
                self.assertEqual(before, self.left())
            self.assertEqual([], self.plans())

        run()

    def test_no_hint_is_too_much(self) -> None:
        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            kind=st.sampled_from(['network', 'router']),
            hints=st.one_of(
                inputs.values, st.lists(inputs.values, max_size=3)
            ),
        )
        def run(kind: str, hints: Any) -> None:
            before = self.left()
            answer = self.send(
                'POST',
                f'/{kind}s',
                json.dumps(
                    {kind: {'availability_zone_hints': hints}}
                ).encode(),
                base.MEMBER,
            )
            if answer.status >= 400:
                self.assertEqual(before, self.left())

        run()

    def test_no_report_on_a_router_is_too_much(self) -> None:
        router = self.make('router')['id']

        @hypothesis.settings(max_examples=EXAMPLES)
        @hypothesis.given(
            region=st.sampled_from(['RegionOne', 'CentralRegion']),
            changes=st.dictionaries(
                st.sampled_from([*ROUTER_REPORT, 'supersedes']),
                inputs.values,
                max_size=3,
            ),
        )
        def run(region: str, changes: dict[str, Any]) -> None:
            before = self.left()
            answer = self.send(
                'PUT',
                f'/routers/{router}/replicas/{region}',
                body_of('report', ROUTER_REPORT | changes),
            )
            # The router has no piece anywhere.
            self.assertIn(answer.status, (400, 404), answer)
            self.assertEqual(before, self.left())

        run()
