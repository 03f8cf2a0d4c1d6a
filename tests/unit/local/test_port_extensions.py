# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What extensions let users say of a port arrives in a region."""

from typing import Any, ClassVar

from tests.unit.central_presence.test_port_extensions import DRIVERS
from tests.unit.central_presence.test_port_extensions import SAID
from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.replica.document import Document

_NOT_SET = {**dict.fromkeys(SAID), 'propagate_uplink_status': True}


class PortTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network, self.group = documents.network(), documents.group()
        self.apply(self.network, self.group)

    def document(self, **said: Any) -> Document:
        return documents.port(self.network, self.group, **said)

    def shown(self, port_id: str) -> dict[str, Any]:
        found = self.plugin.get_port(self.context, port_id)
        return {key: found[key] for key in SAID if key in found}


class TestExtensions(PortTestCase):
    extension_drivers: ClassVar = DRIVERS

    def test_what_central_says_is_said_here(self) -> None:
        document = self.document(**SAID)

        (applied,) = self.apply(document)

        assert not applied['omitted']
        assert self.shown(document.id) == SAID

    def test_what_central_does_not_say_is_not_said_here(self) -> None:
        document = self.document()

        self.apply(document)

        assert self.shown(document.id) == _NOT_SET

    def test_what_central_changes_is_changed_here(self) -> None:
        document = self.document(**SAID)
        self.apply(document)

        changed = {
            key: SAID[key]
            for key in ('device_profile', 'hardware_offload_type')
        }
        self.apply(self.document(id=document.id, trusted=False, **changed))

        assert self.shown(document.id) == {
            **_NOT_SET,
            **changed,
            'trusted': False,
        }

    def test_nothing_is_written_when_it_is_here(self) -> None:
        document = self.document(**SAID)
        self.apply(document)
        found = self.plugin.get_port(self.context, document.id)

        self.apply(self.document(id=document.id, **SAID))

        assert self.plugin.get_port(self.context, document.id) == found


class TestNoExtensions(PortTestCase):
    def test_what_a_region_cannot_say_is_named(self) -> None:
        document = self.document(**SAID)

        applied = apply.apply(self.context, document)

        assert applied['omitted'] == [f'port.{one}' for one in sorted(SAID)]
        assert applied['desired'] == applied['digest']
        assert self.shown(document.id) == {}
