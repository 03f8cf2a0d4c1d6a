# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What requests take, and what fits: pure."""

from typing import Any

import hypothesis
from hypothesis import strategies
import pytest

from tricircle.gateway import flavors
from tricircle.gateway.quotas import amounts
from tricircle.gateway.quotas import fitting

FLAVOR = {'vcpus': 2, 'ram': 512, 'disk': 10}
AMOUNTS = strategies.dictionaries(
    strategies.sampled_from(['servers', 'class:VCPU', 'class:MEMORY_MB']),
    strategies.integers(0, 50),
)


@pytest.mark.parametrize(
    ('more', 'is_on_volume', 'taken'),
    [
        ({}, False, {'VCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 10}),
        ({}, True, {'VCPU': 2, 'MEMORY_MB': 512}),
        (
            {'OS-FLV-EXT-DATA:ephemeral': 3, 'swap': 1500},
            True,
            {'VCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 5},
        ),
        (
            {'extra_specs': {'hw:cpu_policy': 'dedicated'}},
            False,
            {'PCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 10},
        ),
        (
            {'extra_specs': {'hw:cpu_policy': 'mixed'}},
            False,
            {'VCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 10},
        ),
        (
            {
                'extra_specs': {
                    'resources:CUSTOM_BAREMETAL': '1',
                    'resources:VCPU': '0',
                    'resources:MEMORY_MB': '0',
                    'resources:DISK_GB': '4',
                }
            },
            True,
            {'CUSTOM_BAREMETAL': 1, 'DISK_GB': 4},
        ),
    ],
)
def test_a_flavor_takes_what_placement_will_count(
    more: dict[str, Any], is_on_volume: bool, taken: dict[str, int]
) -> None:
    found = amounts.of_flavor(flavors.read({**FLAVOR, **more}), is_on_volume)
    assert found == {f'class:{name}': taken[name] for name in taken}


@pytest.mark.parametrize(
    ('wished', 'counts'),
    [
        ({}, (1, 1)),
        ({'min_count': 2}, (2, 2)),
        ({'max_count': '3'}, (1, 3)),
        ({'min_count': '2', 'max_count': 3}, (2, 3)),
        ({'min_count': 3, 'max_count': 2}, (1, 1)),
        ({'min_count': [], 'max_count': 2}, (1, 1)),
    ],
)
def test_counts_are_as_nova_reads_them(
    wished: dict[str, Any], counts: tuple[int, int]
) -> None:
    assert amounts.counts(wished) == counts


@pytest.mark.parametrize(
    ('reference', 'flavor'),
    [
        ('7', '7'),
        (7, '7'),
        ('http://cloud.example/v2.1/flavors/7', '7'),
        ('http://cloud.example/v2.1/flavors/7?q=4', '7'),
        ('7?x', '7'),
        ('7#x', '7'),
        ('7/', ''),
        ('http://[', ''),
        ('', ''),
        (None, ''),
        ('..', ''),
    ],
)
def test_a_flavor_may_be_a_link(reference: Any, flavor: str) -> None:
    assert flavors.id_in(reference) == flavor


@pytest.mark.parametrize(
    ('devices', 'is_on_volume'),
    [
        ([{'boot_index': 0, 'destination_type': 'volume'}], True),
        ([{'boot_index': '0', 'destination_type': 'volume'}], True),
        ([{'boot_index': 0, 'destination_type': 'local'}], False),
        ([{'boot_index': 1, 'destination_type': 'volume'}], False),
        (['x'], False),
        (None, False),
        ({}, False),
    ],
)
def test_only_what_boots_of_a_volume_has_no_root_disk(
    devices: Any, is_on_volume: bool
) -> None:
    wished = {'block_device_mapping_v2': devices}
    assert amounts.is_on_volume(wished) == is_on_volume


def test_a_flavor_that_regions_have_otherwise_takes_the_most() -> None:
    assert amounts.greatest(
        [{'class:VCPU': 2, 'class:PCPU': 1}, {'class:VCPU': 3}]
    ) == {'class:VCPU': 3, 'class:PCPU': 1}


@hypothesis.given(
    AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, strategies.integers(1, 10**9)
)
def test_what_fits_fits_and_one_more_would_not(
    limits: Any, used: Any, reserved: Any, each: Any, most: int
) -> None:
    room = fitting.Room(limits, used, reserved)
    count = fitting.count(room, each, most)
    assert 0 <= count <= most
    if count:
        assert not fitting.over(room, each, count)
    if count < most:
        assert fitting.over(room, each, count + 1)


@hypothesis.given(AMOUNTS, AMOUNTS)
def test_what_is_added_to_the_old_is_as_much_as_the_new(
    new: Any, old: Any
) -> None:
    more = amounts.more(new, old)
    assert all(
        old.get(name, 0) + more.get(name, 0) >= new[name] for name in new
    )
    assert all(more.values())


def test_only_resources_that_regions_count_are_asked_for() -> None:
    limits = {
        'servers': 1,
        'class:VCPU': 0,
        'class:PCPU': -1,
        'server_key_pairs': 10,
    }
    assert fitting.counted(limits) == {'servers', 'class:VCPU'}
