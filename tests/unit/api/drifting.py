# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region that has some networks otherwise than central says."""

from collections.abc import Iterator
from typing import Any, Final
from unittest import mock
import uuid

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import record
from tricircle.client import region as region_client
from tricircle.db.central import documents as central_state
from tricircle.drift import adoption
from tricircle.drift import comparing
from tricircle.journal import job_ends
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

ALTERED, MISSING, FOREIGN, RIGHT = (
    str(uuid.UUID(int=number)) for number in range(1, 5)
)


def document(resource_id: str, kind: str = types.NETWORK) -> Document:
    return Document(
        kind,
        resource_id,
        'RegionOne',
        Generation(1, 1),
        {'network': {'id': resource_id, 'name': 'net', 'mtu': 1450}},
    )


class Region:
    """RegionOne, which has some networks.

    :ivar bodies: what it has, by ID
    :ivar error: to any question, while there is one
    :ivar fails: the types of which the error is
    :ivar types: which it knows
    """

    region_name = 'RegionOne'

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}
        self.error: Exception | None = None
        self.fails: set[str] = set(comparing.TYPES)
        self.types = {types.NETWORK, types.PORT}

    def _asked(self, kind: str) -> None:
        if self.error is not None and kind in self.fails:
            raise self.error
        if kind not in self.types:
            raise region_client.ReplicaRefused(404, 'HTTPNotFound', '')

    def page(
        self, kind: str, marker: str | None, limit: int
    ) -> list[dict[str, Any]]:
        self._asked(kind)
        if kind != types.NETWORK:
            return []
        ids = [one for one in sorted(self.bodies) if one > (marker or '')]
        return [self.get(kind, one) for one in ids[:limit]]

    def get(self, kind: str, resource_id: str) -> dict[str, Any]:
        self._asked(kind)
        if kind != types.NETWORK or resource_id not in self.bodies:
            raise region_client.ReplicaRefused(404, 'ReplicaNotFound', '')
        body = self.bodies[resource_id]
        return {
            'id': resource_id,
            'digest': Document(
                kind, resource_id, 'RegionOne', Generation(1, 1), body
            ).digest,
            'epoch': 1,
            'counter': 3,
            'body': body,
        }


def there(resource_id: str) -> None:
    """Have central's journal say that RegionOne has a network."""
    record(resource_id)
    job_ends.finish(claim(), 'd', ())


@pytest.fixture
def region(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    """A region of which three networks are not as they should be."""
    made = Region()
    for one in (ALTERED, MISSING, RIGHT):
        there(one)
    for one in (ALTERED, FOREIGN, RIGHT):
        made.bodies[one] = dict(document(one).body)
    made.bodies[ALTERED] = {
        'network': {'id': ALTERED, 'name': 'edited', 'mtu': 1450}
    }

    def documents(
        session: Any, kind: str, ids: list[str], *args: Any
    ) -> dict[str, Document]:
        return {one: document(one, kind) for one in ids}

    def client(conf: Any, name: str, longest: float) -> Any:
        if name == 'RegionOne':
            return made
        silent = mock.Mock(region_name=name)
        silent.page.side_effect = silent.get.side_effect = (
            region_client.RegionUnreachable(f'{name} does not answer: x')
        )
        return silent

    monkeypatch.setattr(central_state, 'documents', documents)
    monkeypatch.setattr(region_client, 'RegionClient', client)
    # Its tables are Neutron's.
    monkeypatch.setattr(adoption, '_make_present', lambda *args: None)
    api.conf.set_override('auth_strategy', 'noauth', 'client')
    yield made


#: How each is that is not as it should be.
ALL: Final = {ALTERED: 'differs', MISSING: 'missing', FOREIGN: 'unknown'}
