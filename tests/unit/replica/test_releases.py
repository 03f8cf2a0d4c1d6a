# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region says that it runs, and what may be said of it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tricircle.replica import releases

_SAID: dict[str, Any] = {
    'version': '9.1.0',
    'document_schema': 1,
    'extensions': ['qos', 'trunk'],
}


def test_what_is_said_is_read_as_it_was_meant() -> None:
    own = releases.own('9.0.0.dev0', ['trunk', 'qos', 'qos'])

    assert own.extensions == ('qos', 'trunk')
    assert releases.read(own.to_dict()) == own


def test_what_a_later_release_says_besides_is_let_pass() -> None:
    assert releases.read(_SAID | {'mood': 'good'}).version == '9.1.0'


@pytest.mark.parametrize(
    'lie',
    [
        {'version': 9},
        {'version': None},
        {'version': ''},
        {'version': 'x' * 65},
        {'version': '9.0\n10.0'},
        {'version': '9.0\x1b[31m'},
        {'version': '٩.0'},
        {'version': ['9.0']},
        {'document_schema': True},
        {'document_schema': 1.5},
        {'document_schema': '1'},
        {'document_schema': -1},
        {'document_schema': 2**31},
        {'extensions': None},
        {'extensions': 'qos'},
        {'extensions': {'qos': 1}},
        {'extensions': [1]},
        {'extensions': ['a b']},
        {'extensions': ['q' * 65]},
        {'extensions': ['qos'] * 501},
    ],
    ids=str,
)
def test_a_lie_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(releases.InvalidRelease):
        releases.read(_SAID | lie)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON | st.fixed_dictionaries(dict.fromkeys(_SAID, _JSON)))
def test_whatever_is_said_is_read_or_refused(said: Any) -> None:
    try:
        found = releases.read(said)
    except releases.InvalidRelease:
        return
    assert releases.read(found.to_dict()) == found


def test_what_is_central_s_alone_no_region_lacks() -> None:
    central = ['qos', 'trunk', 'tricircle-replicas', 'quota_details']

    assert releases.lacking(central, ['trunk', 'more']) == ['qos']


@pytest.mark.parametrize(
    ('version', 'major'),
    [
        ('9.0.0.dev0', 9),
        ('10.1', 10),
        ('11', 11),
        ('1!9.0', 9),
        ('9rc1', 9),
        ('', None),
        ('dev', None),
        ('v9.0', None),
        ('9' * 64, None),
    ],
)
def test_the_first_number_of_a_version_is_the_release(
    version: str, major: int | None
) -> None:
    assert releases.major(version) == major
