# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What is a region's own is never touched."""

from tests.functional.stateful.checks import own
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Snapshot
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import port
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot
from tests.unit.stateful.snapshots import TWO


def _network(id_: str, **values: object) -> Json:
    return {
        'id': id_,
        'name': 'own',
        'provider:network_type': 'vxlan',
        'provider:segmentation_id': 5001,
        **values,
    }


def _own(**values: object) -> Snapshot:
    """Return two regions that have a network of their own, with a port."""
    return snapshot(
        side('central'),
        side(
            ONE,
            port('p1', network_id='n1', **values),
            network=[_network('n1')],
        ),
        side(TWO, port('p2', network_id='n2'), network=[_network('n2')]),
    )


def test_what_is_a_regions_own_is_nothing_that_was_left_there() -> None:
    assert checks.places(_own()) == []


def test_two_regions_may_have_one_segment_for_networks_of_their_own() -> None:
    assert checks.twice(_own()) == []


def test_what_is_as_it_was_is_not_touched() -> None:
    assert own.touched(own.found(_own()), _own()) == []


def test_any_change_of_a_regions_own_is_found() -> None:
    found = own.touched(own.found(_own()), _own(revision_number=2))

    assert kinds_of(found) == {"region's own is touched"}


def test_what_a_region_has_lost_of_its_own_is_found() -> None:
    left = snapshot(side('central'), side(ONE), side(TWO))

    assert len(own.touched(own.found(_own()), left)) == 4


def test_what_was_noted_once_is_not_noted_again() -> None:
    known = own.found(_own())

    own.learn(known, _own(revision_number=2))

    assert own.touched(known, _own()) == []
