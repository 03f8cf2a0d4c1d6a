# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What somebody may send: cases by name, and whatever hypothesis finds."""

from typing import Any

from hypothesis import strategies as st

HALF_A_CHARACTER = '\ud800'
NUL = '\x00'
PATH = '../networks/x'
DEEP = b'[' * 8_000 + b']' * 8_000
DEEP_OBJECT = b'{"pod":' * 8_000 + b'1' + b'}' * 8_000
MEGABYTE = b'"' + b'a' * 2**20 + b'"'

#: bodies that no API takes, with the status that all of them answer
BODIES: dict[str, tuple[bytes, int]] = {
    'no UTF-8': (b'{"pod": "\xff"}', 400),
    'no JSON': (b'{', 400),
    'nothing': (b'', 400),
    'lists in lists': (DEEP, 400),
    'objects in objects': (DEEP_OBJECT, 400),
    'a list': (b'[]', 400),
    'null': (b'null', 400),
    'not a number': (b'NaN', 400),
    'a number without end': (b'9' * 5000, 400),
    'a megabyte': (MEGABYTE, 413),
}

_texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            '',
            NUL,
            HALF_A_CHARACTER,
            PATH,
            '%ff',
            '%00',
            "' OR 1=1 --",
            '😀',
            'a' * 300,
            'RegionOne',
        ]
    ),
)
_numbers = st.one_of(
    st.integers(),
    st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63), 2**64, 10**40]),
    st.floats(),
)
#: any JSON, with a liking for what has hurt somebody
values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(_texts, inner, max_size=3),
    ),
    max_leaves=8,
)


def bodies(
    outer: str, fields: tuple[str, ...]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies that look right, but for some of the values."""
    inner = st.dictionaries(st.sampled_from(fields), values, max_size=5)
    return st.fixed_dictionaries({outer: inner})


#: parts of paths and of queries, as bytes
segments = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(
        [b'\xff', b'\x00', b'..', b'../x', b'x.json', b'a' * 300, b'\xed\xa0']
    ),
)


def path_info(*parts: bytes) -> str:
    """Return parts of a path as WSGI has them, each one a part."""
    return ''.join('/' + _segment(part) for part in parts)


def _segment(part: bytes) -> str:
    # What would end it, as a client writes it.
    for sign in (b'/', b'?'):
        part = part.replace(sign, b'%%%02x' % sign[0])
    return part.decode('latin-1')
