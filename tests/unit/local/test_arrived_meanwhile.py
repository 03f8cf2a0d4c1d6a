# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A document is carried out between a getter's look and our own.

The getter did not see what the region knows a moment later: it looks again.
"""

from typing import Any
from unittest import mock
import uuid

from neutron_lib import exceptions
import pytest

from tricircle.local.asking import known
from tricircle.local.asking import reads
from tricircle.local.asking import request
from tricircle.replica import types

NETWORK = str(uuid.uuid4())


class Neutron:
    """A getter and a list that see the network at the second look only."""

    def __init__(self) -> None:
        self.looks = 0

    def get(self, _context: Any, network_id: str) -> dict[str, str]:
        self.looks += 1
        if self.looks == 1:
            raise exceptions.NetworkNotFound(net_id=network_id)
        return {'id': network_id}

    def list(self, _context: Any, _filters: Any) -> list[dict[str, str]]:
        self.looks += 1
        return [] if self.looks == 1 else [{'id': NETWORK}]


class Region(reads.ReadsMixin):
    puller = mock.Mock(
        pull=mock.Mock(side_effect=AssertionError('it is here')),
        ids=mock.Mock(return_value=[NETWORK]),
    )


@pytest.fixture(autouse=True)
def arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, 'may_pull', lambda _context: True)
    monkeypatch.setattr(request, 'is_look', lambda: True)
    monkeypatch.setattr(known, 'unknown', lambda *_what: [])


def test_it_is_shown() -> None:
    shown = Region()._get(types.NETWORK, Neutron().get, mock.Mock(), NETWORK)
    assert shown['id'] == NETWORK


@pytest.mark.parametrize('filters', [{'id': [NETWORK]}, {'name': ['net']}])
def test_it_is_in_the_list(filters: dict[str, Any]) -> None:
    listed = Region()._list(
        types.NETWORK, Neutron().list, mock.Mock(), filters
    )
    assert [one['id'] for one in listed] == [NETWORK]


def test_what_is_hidden_from_the_caller_stays_so() -> None:
    def get(_context: Any, network_id: str) -> dict[str, str]:
        raise exceptions.NetworkNotFound(net_id=network_id)

    with pytest.raises(exceptions.NetworkNotFound):
        Region()._get(types.NETWORK, get, mock.Mock(), NETWORK)
