# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which region something new goes to: pure functions over facts.

Filters leave regions out, one after the other; weighers order what is left.
A request that no region fits is told which filter left out which of them.
"""

from collections.abc import Iterable, Mapping
import dataclasses
import math

from tricircle.gateway.placing import weighers as weighing
from tricircle.gateway.placing.facts import Pod as Pod
from tricircle.gateway.placing.facts import Wish as Wish
from tricircle.gateway.placing.filters import ALWAYS
from tricircle.gateway.placing.filters import Filter


class NoRegion(Exception):
    """No region fits; the text says what left out which."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """How regions are chosen.

    :ivar filters: what leaves regions out, in order
    :ivar weighers: what orders the others; the first decides, the next where
        that makes no difference
    """

    filters: tuple[Filter, ...] = ALWAYS
    weighers: tuple[weighing.Weigher, ...] = (
        weighing.binding,
        weighing.presence,
        weighing.room,
        weighing.age,
    )


@dataclasses.dataclass(frozen=True)
class Choice:
    """What fits.

    :ivar pods: the best one first
    :ivar left_out: by region the name of the filter, and why
    """

    pods: tuple[Pod, ...]
    left_out: Mapping[str, tuple[str, str]]


def choose(
    pods: Iterable[Pod], wish: Wish, rules: Rules | None = None
) -> Choice:
    """Return the regions that fit, the best one first.

    Where the weighers make no difference the first by name is better: who
    places again gets the same answer.

    :raises NoRegion: none fits
    """
    rules = rules or Rules()
    left = sorted(pods, key=lambda pod: pod.region_name)
    if not left:
        raise NoRegion('No region serves')
    left_out: dict[str, tuple[str, str]] = {}
    for one in rules.filters:
        reasons = {pod.region_name: one.why(pod, wish) for pod in left}
        left_out |= {
            region: (one.name, why) for region, why in reasons.items() if why
        }
        left = [pod for pod in left if not reasons[pod.region_name]]
        if not left:
            said = '; '.join(
                f'{region} by {name} ({why})'
                for region, (name, why) in left_out.items()
            )
            raise NoRegion(f'No region fits: {said}')
    ordered = sorted(
        left,
        key=lambda pod: [
            _before(weigh(pod, wish)) for weigh in rules.weighers
        ],
    )
    return Choice(tuple(ordered), left_out)


def _before(weight: float) -> float:
    """Return what sorts the greatest first, and what is no number last."""
    return math.inf if math.isnan(weight) else -weight
