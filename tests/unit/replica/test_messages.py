# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region says of a later generation is read by every XJob."""

import re

import pytest

from tricircle.local.engine import refusals
from tricircle.replica import messages
from tricircle.replica.document import Generation

#: Texts of regions a version ago, and what they say.
_TEXTS = {
    'Replica port id-b has generation 1.12 applied, which is later than '
    '1.2.': messages.Later('port', 'id-b', Generation(1, 12)),
    'Replica shadow-ports id-b was deleted in this region with generation '
    '2.3.': messages.Later('shadow-ports', 'id-b', Generation(2, 3)),
}
#: How an XJob a version ago read the generation; it looked for the ID too.
_READ_BEFORE = re.compile(r'\bgeneration (\d+)\.(\d+)\b')
_REFUSALS = [
    refusals.ReplicaOutdated(
        type='port',
        id='id-b',
        applied=Generation(1, 12),
        offered=Generation(1, 2),
    ),
    refusals.ReplicaRemoved(type='port', id='id-b', applied=Generation(1, 12)),
]


@pytest.mark.parametrize('text', _TEXTS)
def test_what_a_region_of_a_version_ago_says_is_read(text: str) -> None:
    assert messages.read_later(text) == _TEXTS[text]


@pytest.mark.parametrize('refusal', _REFUSALS)
def test_what_a_region_says_is_read_by_an_xjob_of_a_version_ago(
    refusal: Exception,
) -> None:
    found = _READ_BEFORE.search(str(refusal))

    assert found is not None
    assert found.groups() == ('1', '12')
    assert 'id-b' in str(refusal)


@pytest.mark.parametrize('refusal', _REFUSALS)
def test_what_a_region_says_is_read(refusal: Exception) -> None:
    assert messages.read_later(str(refusal)) == messages.Later(
        'port', 'id-b', Generation(1, 12)
    )


@pytest.mark.parametrize(
    'text',
    [
        'Replica port id-b was deleted in this region.',
        'Port id-b is in generation 1.2.',
    ],
)
def test_other_refusals_are_for_no_later_generation(text: str) -> None:
    assert messages.read_later(text) is None
