# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What leaves regions out beside what always does."""

from typing import Any, ClassVar

import hypothesis
from hypothesis import strategies
from oslo_config import cfg
import pytest

from tricircle.conf import gateway as gateway_conf
from tricircle.gateway import deploy
from tricircle.gateway import flavors
from tricircle.gateway import placing
from tricircle.gateway.placing import facts
from tricircle.gateway.placing import filters

CAD = ('resource', 'CAD')
PLAIN = facts.Flavor({}, {'VCPU': 1})
ONE, TWO = placing.Pod('One', 'az'), placing.Pod('Two', 'az')
ALL = placing.Rules(
    filters=(*filters.ALWAYS, *filters.OPTIONAL.values()), weighers=()
)


def names(wish: placing.Wish, *pods: placing.Pod) -> list[str]:
    found = placing.choose(pods or (ONE, TWO), wish, ALL).pods
    return [pod.region_name for pod in found]


def refusal(wish: placing.Wish, *pods: placing.Pod) -> str:
    with pytest.raises(placing.NoRegion) as caught:
        placing.choose(pods or (ONE, TWO), wish, ALL)
    return str(caught.value)


def flavor(**specs: str) -> facts.Flavor:
    return facts.Flavor(specs, {'VCPU': 1})


def test_a_region_without_the_flavor_is_left_out() -> None:
    wish = placing.Wish(flavor='f', flavors={'One': None, 'Two': PLAIN})
    assert names(wish) == ['Two']


def test_a_region_without_the_image_is_left_out() -> None:
    wish = placing.Wish(image='i', images={'One': False, 'Two': True})
    assert names(wish) == ['Two']


def test_a_region_without_room_is_left_out() -> None:
    assert names(placing.Wish(room={'One': 0, 'Two': 1})) == ['Two']


def test_a_region_that_does_not_say_is_not_left_out() -> None:
    wish = placing.Wish(
        flavors={'Two': PLAIN}, images={'Two': True}, room={'Two': 1}
    )
    assert names(wish) == ['One', 'Two']


def test_a_refusal_names_each_filter_that_left_out_a_region() -> None:
    wish = placing.Wish(
        zone='az',
        flavor='f',
        flavors={'One': PLAIN, 'Two': None},
        room={'One': 0},
    )
    assert refusal(wish) == (
        'No region fits: Two by flavor (has no flavor f); '
        'One by room (has no host with room for flavor f)'
    )


class TestAffinity:
    POD = placing.Pod('Cad', 'az', affinity=CAD)

    def wish(self, **specs: str) -> placing.Wish:
        return placing.Wish(
            flavors=dict.fromkeys(['One', 'Cad'], flavor(**specs)),
            affinities=frozenset({'resource'}),
        )

    def test_a_flavor_goes_to_the_pods_that_are_for_it(self) -> None:
        assert names(self.wish(resource='CAD'), ONE, self.POD) == ['Cad']

    def test_another_flavor_goes_to_the_other_pods(self) -> None:
        assert names(self.wish(other='x'), ONE, self.POD) == ['One']

    def test_a_value_that_no_pod_has_fits_nowhere(self) -> None:
        said = refusal(self.wish(resource='HPC'), ONE, self.POD)
        assert 'Cad by affinity (is for flavors with resource=CAD)' in said
        assert 'One by affinity (is not for flavors with resource=HPC)' in said

    def test_extra_specs_that_are_not_told_leave_nothing_out(self) -> None:
        wish = placing.Wish(
            flavors=dict.fromkeys(['One', 'Cad'], facts.Flavor(None, {}))
        )
        assert names(wish, ONE, self.POD) == ['Cad', 'One']

    def test_without_a_flavor_nothing_is_left_out(self) -> None:
        assert names(placing.Wish(), ONE, self.POD) == ['Cad', 'One']


@hypothesis.given(
    strategies.permutations(sorted(filters.OPTIONAL)),
    strategies.dictionaries(
        strategies.sampled_from(['One', 'Two']),
        strategies.one_of(strategies.none(), strategies.just(PLAIN)),
    ),
    strategies.dictionaries(
        strategies.sampled_from(['One', 'Two']), strategies.integers(0, 1)
    ),
)
def test_the_order_of_filters_changes_what_is_said_and_not_what_fits(
    order: list[str], found: dict[str, Any], room: dict[str, int]
) -> None:
    wish = placing.Wish(flavors=found, room=room)

    def fitting(those: Any) -> Any:
        rules = placing.Rules((*filters.ALWAYS, *those), ())
        try:
            return placing.choose((ONE, TWO), wish, rules).pods
        except placing.NoRegion:
            return ()

    assert fitting(filters.OPTIONAL[name] for name in order) == fitting(
        filters.OPTIONAL.values()
    )


def test_those_that_are_configured_count_behind_those_that_always_do() -> None:
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    conf.set_override('filters', ['room', 'flavor'], 'gateway')
    assert [one.name for one in deploy.rules(conf).filters] == [
        *(one.name for one in filters.ALWAYS),
        'room',
        'flavor',
    ]


def test_room_is_for_nobody_who_does_not_ask_for_it() -> None:
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    assert conf.gateway.filters == ['affinity', 'flavor', 'image']


def test_one_that_there_is_not_is_refused() -> None:
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    with pytest.raises(ValueError, match='luck'):
        conf.set_override('filters', ['luck'], 'gateway')


class TestFlavors:
    SAID: ClassVar[dict[str, Any]] = {
        'id': 'f',
        'vcpus': 2,
        'ram': 1024,
        'disk': 10,
        'OS-FLV-EXT-DATA:ephemeral': 5,
        'swap': 1025,
    }

    def query(self, is_on_volume: bool = False, **specs: str) -> str:
        return (
            flavors.candidates(
                flavors.read({**self.SAID, 'extra_specs': specs}), is_on_volume
            )
            .replace('%3A', ':')
            .replace('%2C', ',')
        )

    def test_placement_is_asked_for_what_it_takes(self) -> None:
        assert self.query() == (
            'resources=DISK_GB:17,MEMORY_MB:1024,VCPU:2&limit=10'
        )

    def test_a_disk_on_a_volume_takes_none_of_a_host(self) -> None:
        assert 'DISK' not in self.query(is_on_volume=True)

    def test_resources_and_traits_of_extra_specs_count(self) -> None:
        found = flavors.read(
            {
                **self.SAID,
                'extra_specs': {
                    'resources:VCPU': '0',
                    'resources:CUSTOM_GPU': '1',
                    'trait:CUSTOM_FAST': 'required',
                    'trait:CUSTOM_SLOW': 'forbidden',
                },
            }
        )
        assert found.resources == {
            'CUSTOM_GPU': 1,
            'DISK_GB': 17,
            'MEMORY_MB': 1024,
        }
        assert found.required == {'CUSTOM_FAST'}

    @pytest.mark.parametrize(
        ('policy', 'found'),
        [('shared', 'VCPU:2'), ('dedicated', 'PCPU:2'), ('mixed', None)],
    )
    def test_processors_are_of_the_class_that_the_policy_says(
        self, policy: str, found: str | None
    ) -> None:
        query = self.query(**{'hw:cpu_policy': policy})
        assert ('CPU' in query) is (found is not None)
        assert found is None or found in query

    def test_no_swap_is_an_empty_text_in_nova(self) -> None:
        assert (
            flavors.read({**self.SAID, 'swap': ''}).resources['DISK_GB'] == 15
        )

    def test_extra_specs_that_nova_keeps_to_itself_are_unknown(self) -> None:
        assert flavors.read(self.SAID).specs is None

    def test_one_that_takes_nothing_asks_nothing(self) -> None:
        nothing = facts.Flavor({}, {})
        assert flavors.candidates(nothing, is_on_volume=False) == ''
