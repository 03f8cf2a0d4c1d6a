# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Answers of several regions to one answer. Pure."""

from collections.abc import Sequence
import functools
from typing import Any, Final

#: What limits and quotas say in place of "no limit".
UNLIMITED: Final = -1
#: How names of quotas begin that limit each thing, not all of them.
_OF_ONE: Final = 'per_'


def added(answers: Sequence[Any]) -> Any:
    """Return the sum of answers of one shape.

    Numbers are added, and what is unlimited in one region is unlimited; lists
    follow one another, texts once; of anything else the first region's
    counts.

    :param answers: at least one
    """
    return functools.reduce(_sum, answers)


def _sum(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return {
            key: (
                _smaller(first[key], second[key])
                if key.startswith(_OF_ONE) and key in first and key in second
                else _sum(first[key], second[key])
                if key in first and key in second
                else first.get(key, second.get(key))
            )
            for key in (*first, *(key for key in second if key not in first))
        }
    if isinstance(first, list) and isinstance(second, list):
        both = first + second
        if all(isinstance(one, str) for one in both):
            return list(dict.fromkeys(both))
        return both
    if _is_number(first) and _is_number(second):
        if UNLIMITED in (first, second):
            return UNLIMITED
        return first + second
    return first


def _smaller(first: Any, second: Any) -> Any:
    """Return what fits in both regions: it is of one thing in one of them."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {
            key: _smaller(first[key], second.get(key, first[key]))
            for key in first
        }
    if not (_is_number(first) and _is_number(second)):
        return first
    return min(
        (one for one in (first, second) if one != UNLIMITED),
        default=UNLIMITED,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
