# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A region that hides what central shows by a name is found."""

import pytest

from tests.functional.stateful.steps import by_name

_NONE: frozenset[str] = frozenset()
_ONE = frozenset(['p'])


@pytest.mark.parametrize(
    ('before', 'here', 'after', 'is_found'),
    [
        (_ONE, _ONE, _ONE, False),
        (_ONE, _NONE, _ONE, True),
        # It came or went meanwhile.
        (_NONE, _NONE, _ONE, False),
        (_ONE, _NONE, _NONE, False),
        (_NONE, _ONE, _NONE, False),
        # Somebody did not answer.
        (_ONE, None, _ONE, False),
        (None, _NONE, _ONE, False),
    ],
)
def test_what_a_region_hides(
    before: frozenset[str] | None,
    here: frozenset[str] | None,
    after: frozenset[str] | None,
    is_found: bool,
) -> None:
    assert (by_name.judged(before, here, after) is not None) is is_found
