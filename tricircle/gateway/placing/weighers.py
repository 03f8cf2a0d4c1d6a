# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What orders regions that fit: plug-ins, and those that come with this.

A weigher is a function of a region and of what is known. The region for which
it returns the greatest number comes first. It is pure: what it needs to know
is in its arguments, so that who asks again gets the same answer.
"""

from collections.abc import Callable, Iterable, Sequence
import math
from typing import Any, Final

import stevedore

from tricircle.gateway.placing.facts import Pod
from tricircle.gateway.placing.facts import Wish

Weigher = Callable[[Pod, Wish], float]

#: Of entry points.
NAMESPACE: Final = 'tricircle.gateway.weighers'
#: What orders regions where nobody says otherwise.
USUAL: Final = ('binding', 'presence', 'room', 'age')


class UnknownWeigher(Exception):
    """There is no weigher of a name that is configured."""


def binding(pod: Pod, wish: Wish) -> float:
    """Prefer the pod that the project is bound to."""
    return float(pod.pod_id in wish.standing)


def presence(pod: Pod, wish: Wish) -> float:
    """Prefer where the project has something, the newest first."""
    where = list(wish.bound)
    if pod.region_name not in where:
        return -math.inf
    return -float(where.index(pod.region_name))


def room(pod: Pod, wish: Wish) -> float:
    """Prefer where more hosts have room; unknown is none."""
    return float(wish.room.get(pod.region_name, 0))


def age(pod: Pod, wish: Wish) -> float:
    """Prefer the oldest pod; one of which it is not noted is older."""
    if pod.created_at is None:
        return math.inf
    return -(pod.created_at - pod.created_at.min).total_seconds()


def load(names: Sequence[str]) -> tuple[Weigher, ...]:
    """Return weighers by the names of their entry points, in order.

    :raises UnknownWeigher: there is none of a name
    """

    def missing(absent: Iterable[str]) -> None:
        every: Any = stevedore.ExtensionManager(NAMESPACE)
        there = sorted(every.entry_points_names())
        raise UnknownWeigher(
            f'[gateway] weighers: there is no {min(absent)}; installed are '
            f'{", ".join(there)}'
        )

    found: Any = stevedore.NamedExtensionManager(
        NAMESPACE,
        list(names),
        name_order=True,
        on_missing_entrypoints_callback=missing,
    )
    return tuple(one.plugin for one in found)
