# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What central counts on and what regions are marked to have is the same."""

import dataclasses

from tests.functional.stateful.checks import presence as checks_of_presence
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Snapshot
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot

_ROUTING = {'resource_type': 'port', 'top_id': 'p', 'region_name': ONE}


def _shown(routings: list[Json], **mark: str) -> Snapshot:
    """Return what one region is marked to have."""
    row = {'resource_type': 'port', 'resource_id': 'p', **mark}
    return dataclasses.replace(
        snapshot(side('central'), side(ONE)),
        tables={'resource_routings': routings},
        ledgers={ONE: [row]},
    )


def test_what_is_present_is_marked() -> None:
    shown = _shown([_ROUTING], state='present')

    assert checks_of_presence.presence(shown) == []


def test_what_is_marked_and_not_present_is_found() -> None:
    found = checks_of_presence.presence(_shown([], state='present'))

    assert kinds_of(found) == {'marked and not present'}


def test_what_was_removed_there_and_is_present_is_found() -> None:
    found = checks_of_presence.presence(_shown([_ROUTING], state='deleted'))

    assert kinds_of(found) == {'present and not marked'}
