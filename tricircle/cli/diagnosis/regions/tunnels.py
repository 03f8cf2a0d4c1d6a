# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What agents report of the tunnels that they probe."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.replica import data_path

_MOST: Final = 5


def findings(
    found: facts.Facts, state: str, what: str, remedy: str
) -> Iterator[finding.Found]:
    """Yield the regions with hosts that have tunnels in a state.

    :param what: what that means; the hosts are named after it
    """
    for one in found.regions:
        hosts = _hosts(one, state)
        if hosts:
            yield finding.Found(
                one.region,
                f'{what}, tunnels by host: {_named(hosts)}{_peers(one)}',
                remedy,
            )


def _hosts(one: facts.Neutron, state: str) -> list[str]:
    """Return the hosts with tunnels in a state, and how many each has."""
    return sorted(
        f'{agent["host"]} ({number})'
        for agent in one.agents or ()
        if agent['alive'] and (number := _number(agent, state))
    )


def not_probed(found: facts.Facts, remedy: str) -> Iterator[finding.Found]:
    """Yield the regions with hosts whose probes have ended."""
    for one in found.regions:
        hosts = sorted(
            str(agent['host'])
            for agent in one.agents or ()
            if agent['alive'] and _told(agent).get(data_path.STALE)
        )
        if hosts:
            yield finding.Found(
                one.region,
                'the agents are alive and have ended no round of probes for '
                f'three intervals, on: {_named(hosts)}',
                remedy,
            )


def _named(several: list[str]) -> str:
    """Return some of several hosts as text, and how many more there are."""
    more = len(several) - _MOST
    return ', '.join(several[:_MOST]) + (
        f' and {more} more' if more > 0 else ''
    )


def _peers(one: facts.Neutron) -> str:
    """Return some of the addresses at which no probe is answered."""
    found = sorted({*_not_up(one)})
    return f': {_named(found)}' if found else ''


def _not_up(one: facts.Neutron) -> Iterator[str]:
    for agent in one.agents or ():
        said = _told(agent).get('not_up')
        if agent['alive'] and isinstance(said, list):
            yield from (str(address) for address in said)


def _number(agent: Mapping[str, Any], state: str) -> int:
    told = _told(agent)
    said = told.get(state)
    # What is old says nothing of now.
    if told.get(data_path.STALE):
        return 0
    return said if isinstance(said, int) else 0


def _told(agent: Mapping[str, Any]) -> Mapping[str, Any]:
    said = agent['configurations'].get(data_path.KEY)
    return said if isinstance(said, Mapping) else {}
