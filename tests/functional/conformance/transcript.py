# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What an API answered, in a form that two APIs can be compared by.

Everything that chance or time decides is replaced: IDs, MACs, moments,
segments, and addresses that nobody asked for. The rest must be equal: keys,
values, statuses, and what errors say.
"""

from collections.abc import Iterator, Mapping
import dataclasses
import json
import re
from typing import Any

_UUID = re.compile(
    r'\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b'
)
_MAC = re.compile(r'\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b')
_MOMENT = re.compile(r'\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?')
_URL = re.compile(r'http://127\.0\.0\.1:\d+')
_REQUEST = re.compile(r'\breq-<uuid>')
_HOST_NAME = re.compile(r'\bhost-[0-9a-f-]+')
#: Neutron names callbacks by their module and where they are in memory.
_CALLBACK = re.compile(r'[\w.]+\.(\w+\.\w+)-\d{4,}')
_ADDRESS = re.compile(r'\b(?:\d{1,3}\.){3}\d{1,3}\b')
_WORDS = re.compile(r'[\s,.]+')

#: Keys whose values chance decides.
_CHANCE = frozenset(
    [
        'available',
        'external_ips',
        'fixed_ip_address',
        'floating_ip_address',
        'ha_vr_id',
        'internal_ip_address',
        'ip_address',
        'local_ip_address',
        'provider:segmentation_id',
        'revision_number',
        'segmentation_id',
        'standard_attr_id',
        'used',
    ]
)
#: Keys that mean something else in central: the regions that a network may
#: be in, where a plain Neutron has its agents' zones.
_OURS = frozenset(['availability_zone_hints', 'availability_zones'])
#: What drivers call themselves.
_DRIVERS = frozenset(['openvswitch', 'tricircle'])


def _is_ours(one: Any) -> bool:
    """Tell whether something is an extension that only central has."""
    return isinstance(one, Mapping) and str(one.get('alias', '')).startswith(
        'tricircle-'
    )


def _message(text: Any) -> Any:
    if not isinstance(text, str):
        return normalised(text)
    return sorted(_WORDS.split(_ADDRESS.sub('<ip>', normalised(text))))


def normalised(value: Any) -> Any:
    """Return an answer without what chance and time decide."""
    if isinstance(value, Mapping):
        return {
            normalised(key): (
                '<chance>'
                if key in _CHANCE and one not in (None, [])
                else '<ours>'
                if key in _OURS
                # Some messages list a set, in any order.
                else _message(one)
                if key == 'message'
                else normalised(one)
            )
            for key, one in value.items()
        }
    if isinstance(value, list):
        return sorted(
            (normalised(one) for one in value if not _is_ours(one)),
            key=lambda one: json.dumps(one, sort_keys=True),
        )
    if isinstance(value, str):
        if value in _DRIVERS:
            return '<driver>'
        text = _URL.sub('<url>', value)
        text = _MOMENT.sub('<moment>', text)
        text = _UUID.sub('<uuid>', text)
        text = _MAC.sub('<mac>', text)
        text = _HOST_NAME.sub('<host name>', text)
        text = _CALLBACK.sub(r'<callback> \1', text)
        return _REQUEST.sub('<request>', text)
    return value


@dataclasses.dataclass(frozen=True)
class Step:
    """One request and its answer."""

    request: str
    status: int
    answer: Any

    def lines(self) -> list[str]:
        """Return the step as text, for people."""
        return [
            f'{self.request} -> {self.status}',
            *json.dumps(self.answer, indent=1, sort_keys=True).splitlines(),
        ]


def differences(
    expected: list[Step], found: list[Step], who: str = 'central'
) -> Iterator[str]:
    """Yield what is different, in words.

    :param who: found it so
    """
    for number, (left, right) in enumerate(
        zip(expected, found, strict=False), 1
    ):
        if left == right:
            continue
        yield f'step {number}: {left.request}'
        if left.request != right.request:
            yield f'  asked: {right.request}'
        if left.status != right.status:
            yield f'  status {left.status}, {who} {right.status}'
        yield from _different(left.answer, right.answer, '', who)
    if len(expected) != len(found):
        yield f'{len(expected)} steps, {who} {len(found)}'


def _different(left: Any, right: Any, path: str, who: str) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}, key=str):
            if key not in right:
                yield f'  {path}/{key}: missing in {who}'
            elif key not in left:
                yield f'  {path}/{key}: only in {who}'
            else:
                yield from _different(
                    left[key], right[key], f'{path}/{key}', who
                )
    elif (
        isinstance(left, list)
        and isinstance(right, list)
        and len(left) == len(right)
    ):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _different(one, other, f'{path}/{number}', who)
    elif left != right:
        yield f'  {path}: {left!r}, {who} {right!r}'
