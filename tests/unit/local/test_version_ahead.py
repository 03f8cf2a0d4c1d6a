# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region whose central is a version ahead of it."""

import dataclasses
from typing import Any

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation


def _unknown() -> dict[str, Any]:
    """Return a document of a kind that this version has not."""
    one_id = documents.new_id()
    made = Document(
        type='planet',
        id=one_id,
        region='RegionOne',
        generation=Generation(1, 1),
        body={'planet': {'id': one_id}},
    )
    return made.to_dict()


class TestVersionAhead(plugin_base.PluginTestCase):
    def put(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Send a document as XJob does; return what was reached."""
        status, body = self.ask(
            'PUT', f'/replicas/{wire["type"]}/{wire["id"]}', {'replica': wire}
        )
        assert status == 200, body
        reached: dict[str, Any] = body['replica']
        return reached

    def test_the_rest_of_a_resource_with_unknown_attributes_is_had(
        self,
    ) -> None:
        document = documents.network(name='ahead')
        body = {**document.body, 'moons': [{'name': 'io'}]}
        body['network'] = {**body['network'], 'colour': 'red'}
        body['subnets'] = [{**body['subnets'][0], 'taste': 'sour'}]
        wire = dataclasses.replace(document, body=body).to_dict()

        reached = self.put(wire)

        assert self.plugin.get_network(self.context, wire['id'])['name'] == (
            'ahead'
        )
        assert reached['digest'] != reached['desired']
        assert set(reached['differs']) == {
            'moons',
            'network.colour',
            'subnets.taste',
        }

    def test_a_resource_is_had_without_what_comes_first_of_an_unknown_kind(
        self,
    ) -> None:
        document = documents.network()

        reached = self.put({**document.to_dict(), 'first': [_unknown()]})

        assert reached['digest'] == document.digest

    def test_a_resource_is_had_without_what_comes_along_of_an_unknown_kind(
        self,
    ) -> None:
        document = documents.network()

        reached = self.put({**document.to_dict(), 'along': [_unknown()]})

        assert reached['digest'] == document.digest

    def test_what_is_pulled_is_had_without_an_unknown_kind(self) -> None:
        document = documents.network()
        wire = {
            **document.to_dict(),
            'first': [_unknown()],
            'along': [_unknown()],
        }

        applied = apply.apply(
            self.context, Document.from_dict(wire), pulled=True
        )

        assert applied['digest'] == document.digest

    def test_a_resource_that_requires_an_unknown_kind_is_refused(self) -> None:
        document = documents.network()
        wire = {**document.to_dict(), 'requires': [_unknown()]}

        status, body = self.ask(
            'PUT',
            f'/replicas/{types.NETWORK}/{document.id}',
            {'replica': wire},
        )

        assert status == 400
        assert 'no type of replica' in body['NeutronError']['message']
