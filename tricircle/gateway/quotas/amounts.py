# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a request takes of a quota: pure.

Resources are called as Nova's unified limits call them: ``servers``, and
``class:`` with a resource class of Placement.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tricircle.gateway.placing import facts

#: Amounts by the name of a resource.
Amounts = Mapping[str, int]

SERVERS: Final = 'servers'
CLASS: Final = 'class:'
VCPU: Final = 'class:VCPU'
MEMORY: Final = 'class:MEMORY_MB'


def of_flavor(flavor: facts.Flavor, is_on_volume: bool) -> dict[str, int]:
    """Return what one server of a flavor takes, but for itself.

    :param is_on_volume: whether its root disk is a volume
    """
    found = dict(flavor.resources)
    if flavor.mixed:
        # Of which class each is, only the region knows.
        found['VCPU'] = flavor.mixed
    if is_on_volume and flavor.root_disk:
        found['DISK_GB'] = found.get('DISK_GB', 0) - flavor.root_disk
    return {
        f'{CLASS}{name}': amount for name, amount in found.items() if amount
    }


def greatest(several: Iterable[Amounts]) -> dict[str, int]:
    """Return the greatest amount of each resource."""
    found: dict[str, int] = {}
    for amounts in several:
        for name, amount in amounts.items():
            found[name] = max(amount, found.get(name, 0))
    return found


def more(new: Amounts, old: Amounts) -> dict[str, int]:
    """Return what is needed beside the old for the new."""
    return {
        name: amount - old.get(name, 0)
        for name, amount in new.items()
        if amount > old.get(name, 0)
    }


def times(each: Amounts, count: int) -> dict[str, int]:
    """Return the amounts of several."""
    return {name: amount * count for name, amount in each.items()}


def total(several: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of each resource."""
    found: dict[str, int] = {}
    for amounts in several:
        for name, amount in amounts.items():
            found[name] = found.get(name, 0) + amount
    return found


def counts(wished: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many servers a request is for: at least, and at most.

    What is no number is for the region to refuse.
    """
    try:
        least = int(wished.get('min_count', 1))
        most = int(wished.get('max_count', least))
    except (TypeError, ValueError):
        return 1, 1
    return (least, most) if 1 <= least <= most else (1, 1)


def is_on_volume(wished: Mapping[str, Any]) -> bool:
    """Tell whether the root disk of a new server is a volume for certain."""
    devices = wished.get('block_device_mapping_v2')
    if not isinstance(devices, list):
        return False
    return any(
        isinstance(one, dict)
        and str(one.get('boot_index')) == '0'
        and one.get('destination_type') == 'volume'
        for one in devices
    )
