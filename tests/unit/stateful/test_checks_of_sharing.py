# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a tenant sees of networks otherwise than in central is found."""

import dataclasses

import pytest

from tests.functional.stateful.checks import sharing as checks_of_sharing
from tests.functional.stateful.checks.seen import Side
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot

_NETWORK = {'id': 'n'}


def _side(name: str, *visible: str, is_there: bool = True) -> Side:
    return dataclasses.replace(
        side(name, network=[_NETWORK] if is_there else []),
        visible={'project': frozenset(visible)},
    )


@pytest.mark.parametrize(
    ('there', 'here', 'found'),
    [
        (('n',), ('n',), set()),
        ((), (), set()),
        (('n',), (), {'network is hidden in a region'}),
        ((), ('n',), {'network is not for this tenant'}),
    ],
)
def test_what_a_tenant_sees_in_a_region(
    there: tuple[str, ...], here: tuple[str, ...], found: set[str]
) -> None:
    shown = snapshot(_side('central', *there), _side(ONE, *here))

    assert kinds_of(checks_of_sharing.visible(shown)) == found


def test_a_network_that_a_region_has_not_is_not_asked_for() -> None:
    shown = snapshot(_side('central', 'n'), _side(ONE, is_there=False))

    assert checks_of_sharing.visible(shown) == []
