# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the agents of a region say of their tunnels, together."""

import dataclasses
from typing import Any

import pytest

from tricircle.agent.probing import report
from tricircle.replica import data_path
from tricircle.replica import types
from tricircle.replica.data_path import State
from tricircle.replica.data_path import Summary


def agent(alive: bool = True, **told: Any) -> dict[str, Any]:
    """Return an agent by what it tells of its tunnels; nothing of none."""
    return {
        'agent_type': types.AGENT_TYPE_OVS,
        'alive': alive,
        'configurations': {data_path.KEY: told} if told else {},
    }


def state(*agents: Any) -> State:
    return data_path.summary(agents).state


def test_it_is_what_agents_say_it_under() -> None:
    assert data_path.KEY == report.KEY


def test_what_hosts_say_is_added_up() -> None:
    found = data_path.summary(
        [agent(up=3, down=1, silent=0), agent(up=2, silent=4, unasked=5)]
    )

    assert found == Summary(2, 0, 5, 1, 4, 5)
    assert found.tunnels == 15


@pytest.mark.parametrize(
    ('agents', 'wanted'),
    [
        ([agent(up=3), agent(up=1)], State.OK),
        ([agent(up=3), agent(up=1, down=1)], State.DOWN),
        ([agent(up=3), agent(up=1, silent=1)], State.DOWN),
        # Of what nobody knows it is not said that it is well.
        ([agent(up=3), agent(up=1, unasked=1)], State.UNPROVEN),
        ([agent(up=3), agent(alive=False, up=1)], State.UNPROVEN),
        ([agent(up=3), agent()], State.UNPROVEN),
        # Of an agent that lives, whose probes have ended.
        ([agent(up=3), agent(up=1, stale=True)], State.UNPROVEN),
        ([agent(up=1, stale=True)], State.UNKNOWN),
        ([agent(up=3, stale=False)], State.OK),
        ([agent(down=1), agent(alive=False, up=1)], State.DOWN),
        ([agent(unasked=2)], State.UNKNOWN),
        ([agent(up=0), agent()], State.UNKNOWN),
        ([agent(alive=False, up=1)], State.UNKNOWN),
        ([agent()], State.UNKNOWN),
        ([], State.UNKNOWN),
        ([agent(up=0)], State.NONE),
    ],
)
def test_what_it_comes_to(agents: list[Any], wanted: State) -> None:
    assert state(*agents) is wanted


def test_hosts_of_other_regions_and_other_agents_do_not_count() -> None:
    shadow = agent(up=1)
    shadow['configurations']['tricircle_region'] = 'RegionTwo'
    dhcp = {**agent(up=1), 'agent_type': 'DHCP agent'}

    assert data_path.summary([shadow, dhcp, agent(up=1)]).hosts == 1


@pytest.mark.parametrize(
    'lie',
    [
        None,
        7,
        {},
        {'agent_type': types.AGENT_TYPE_OVS},
        {**agent(), 'configurations': 'none'},
        {**agent(), 'configurations': {data_path.KEY: [1]}},
        agent(up='3'),
        agent(up=-3),
        agent(up=True),
    ],
    ids=str,
)
def test_who_lies_makes_nothing_well(lie: Any) -> None:
    assert state(lie) in (State.UNKNOWN, State.NONE)


def test_no_number_is_too_large_for_its_column() -> None:
    assert data_path.summary([agent(up=10**30), agent(up=10**30)]).up < 2**31


def test_what_a_region_says_is_read_as_it_was_said() -> None:
    said = dataclasses.asdict(Summary(2, 1, 3, 4, 5, 6))

    assert data_path.read({**said, 'later': 1}) == Summary(2, 1, 3, 4, 5, 6)


@pytest.mark.parametrize(
    'lie',
    [
        None,
        [],
        {},
        {'up': 3},
        *(
            {**dataclasses.asdict(Summary(hosts=2)), 'up': one}
            for one in (-1, True, '3', 1.5, None, 10**30)
        ),
        dataclasses.asdict(Summary(hosts=1, mute=2)),
    ],
    ids=str,
)
def test_what_is_not_in_this_form_is_refused(lie: Any) -> None:
    with pytest.raises(data_path.InvalidSummary):
        data_path.read(lie)
