# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Random scripts."""

from hypothesis import strategies

from tests.functional.stateful.scripts.script import Line
from tests.functional.stateful.scripts.script import Script
from tests.functional.stateful.scripts.script import Step

#: How often each verb comes, beside the others.
WEIGHTS = {
    'region_port': 5,
    'look': 2,
    'settle': 1,
    'network': 2,
    'subnet': 1,
    'port': 2,
    'boot': 5,
    'boot_given': 2,
    'rename': 6,
    'rename_in_region': 2,
    'name_in_dns': 3,
    'tag': 3,
    'delete': 3,
    'delete_port': 4,
    'delete_port_in_region': 5,
    'group': 2,
    'rule': 3,
    'set_groups': 2,
    'address_group': 1,
    'addresses': 3,
    'policy': 1,
    'limit': 2,
    'put_policy': 3,
    'router': 2,
    'attach': 4,
    'detach': 1,
    'gateway': 3,
    'clear_gateway': 1,
    'floating_ip': 2,
    'associate': 2,
    # What is known to be dangerous.
    'rename_and_delete': 3,
    'short_life': 3,
    'move_gateway': 2,
    'take_address': 2,
    'look_by_name': 3,
    'pool_network': 1,
    'dual_stack': 2,
    'trunk': 2,
    'sub_ports': 3,
    'use_trunk': 4,
    'end_trunk': 1,
    'delete_port_of_trunk': 2,
    'share': 1,
    'use_shared': 3,
    'unshare': 2,
    'floating_ip_in_region': 1,
    'associate_in_region': 2,
    'delete_floating_ip_in_region': 1,
    'forward': 3,
    'change_forwarding': 2,
    'unforward': 1,
    'own_network': 1,
}
#: What befalls a whole region or central, in one script after the other: what
#: begins it, and what may end it some lines later.
UPHEAVALS = (
    ('drain', ''),
    ('lose', 'settle'),
    ('', ''),
    ('backup', 'restore'),
    ('', ''),
    ('backup', 'restore'),
)
FAULTS = {'away': 2, 'restart': 3, 'die_at': 4, 'lose_answers': 2}

#: What is begun while tenants work, at the same time.
_AT_ONCE = ('drain',)
_NUMBERS = strategies.tuples(
    strategies.integers(0, 3),
    strategies.integers(0, 11),
    strategies.integers(0, 11),
)


def _steps(weights: dict[str, int]) -> strategies.SearchStrategy[Step]:
    verbs = [verb for verb, weight in weights.items() for _ in range(weight)]
    return strategies.builds(Step, strategies.sampled_from(verbs), _NUMBERS)


def lines() -> strategies.SearchStrategy[Line]:
    """Return one step, or two or three at once; now and then a fault."""
    usual = _steps(WEIGHTS)
    faults = _steps(FAULTS)

    def at_once(
        first: strategies.SearchStrategy[Step], many: int
    ) -> strategies.SearchStrategy[Line]:
        return strategies.tuples(first, *[usual] * (many - 1))

    return strategies.integers(0, 19).flatmap(
        lambda number: (
            at_once(usual, 1)
            if number < 11
            else at_once(usual, 2)
            if number < 15
            else at_once(usual, 3)
            if number < 17
            else at_once(faults, 2)
            if number < 19
            else at_once(faults, 1)
        )
    )


def scripts(length: int, number: int) -> strategies.SearchStrategy[Script]:
    """Return scripts of some lines; most have an upheaval in addition.

    :param number: of the script in its run
    """
    return strategies.builds(
        _upset,
        strategies.lists(lines(), min_size=length, max_size=length),
        strategies.just(UPHEAVALS[number % len(UPHEAVALS)]),
        _NUMBERS,
        strategies.tuples(
            strategies.integers(1, max(1, length - 7)),
            strategies.integers(2, 5),
        ),
    )


def _upset(
    drawn: list[Line],
    upheaval: tuple[str, str],
    numbers: tuple[int, int, int],
    when: tuple[int, int],
) -> Script:
    begins, ends = upheaval
    first, later = when
    upset = list(drawn)
    if ends:
        upset.insert(first + later, (Step(ends, numbers),))
    if begins:
        beside = drawn[first] if begins in _AT_ONCE else ()
        until = first + (1 if beside else 0)
        upset[first:until] = [(Step(begins, numbers), *beside)]
    return tuple(upset)
