# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The way of a packet from one port to another, step by step."""

from collections.abc import Iterator, Mapping
import enum
from typing import Any, NamedTuple

from tricircle.cli.tracing import rules
from tricircle.cli.tracing.facts import Between
from tricircle.cli.tracing.facts import End
from tricircle.cli.tracing.facts import Facts
from tricircle.cli.tracing.facts import Packet


class Verdict(enum.StrEnum):
    """What is known of a step."""

    OK = 'ok'
    #: A packet does not get any further.
    BROKEN = 'broken'
    #: The APIs do not tell.
    UNKNOWN = 'unknown'


class Step(NamedTuple):
    """One step of the way.

    :ivar region: where it is, central's name for what is in no region
    :ivar what: what is looked at
    :ivar detail: why it is so
    """

    region: str
    what: str
    verdict: Verdict
    detail: str


def way(known: Facts, packet: Packet, central: str) -> Iterator[Step]:
    """Yield the steps in the order in which a packet takes them.

    :param central: name of central's region
    """
    first, second = known.first, known.second
    for end in (first, second):
        yield _plugged(end, central, known.untold)
    yield _rule('egress', first, second, packet, central)
    regions = [one for one in dict.fromkeys((first.region, second.region))]
    for one in (*known.networks, *known.routers):
        for region in regions:
            if region:
                yield _shared(one, region, known.untold)
    if len(known.networks) > 1 and not known.routers:
        yield Step(
            central,
            'router',
            Verdict.BROKEN,
            'no router has an interface on both networks',
        )
    if known.is_tunnelled and first.region and second.region:
        if first.region != second.region and len(known.networks) == 1:
            yield _known_by(first, second, known.untold)
            yield _known_by(second, first, known.untold)
    yield _rule('ingress', second, first, packet, central)


def _plugged(end: End, central: str, untold: Mapping[str, str]) -> Step:
    what = f'port {end.id}'
    if not end.region:
        return Step(
            central,
            what,
            Verdict.BROKEN,
            'it is in no region: nothing uses it',
        )
    if not end.body['admin_state_up']:
        return Step(
            end.region, what, Verdict.BROKEN, 'admin_state_up is false'
        )
    if end.here is None:
        return Step(
            end.region,
            what,
            Verdict.UNKNOWN,
            _silence(end.region, untold) + _why(end.state),
        )
    host = end.here.get('binding:host_id')
    if not host:
        return Step(end.region, what, Verdict.BROKEN, 'it is on no host')
    if end.agent is not None and not end.agent['alive']:
        return Step(
            end.region,
            what,
            Verdict.BROKEN,
            f'the {end.agent["agent_type"]} on {host} is not alive',
        )
    status = end.here['status']
    if status != 'ACTIVE':
        return Step(
            end.region, what, Verdict.BROKEN, f'it is {status} on {host}'
        )
    return Step(
        end.region,
        what,
        Verdict.OK,
        f'{", ".join(end.addresses)} on {host}',
    )


def _silence(region: str, untold: Mapping[str, str]) -> str:
    """Return that a region does not tell of something, and why if known."""
    said = 'the region does not tell of it'
    return f'{said}: {untold[region]}' if region in untold else said


def _why(state: Mapping[str, Any] | None) -> str:
    """Return what central knows of a change that a region lacks, or ''."""
    if state is None or state['status'] == 'IN_SYNC':
        return ''
    return f' ({state["status"]}: {state["reason"] or "on its way"})'


def _rule(
    direction: str, end: End, other: End, packet: Packet, central: str
) -> Step:
    region = end.region or central
    what = f'{direction} of {end.id}'
    if rules.is_open(end):
        return Step(region, what, Verdict.OK, 'port security is off')
    rule = rules.lets_through(direction, end, other, packet)
    if rule is not None:
        return Step(
            region,
            what,
            Verdict.OK,
            f'rule {rule["id"]} of group {rule["security_group_id"]}',
        )
    wanted = packet.protocol + (f' {packet.port}' if packet.port else '')
    if rules.names_address_group(direction, end):
        return Step(
            region,
            what,
            Verdict.UNKNOWN,
            f'only a rule with an address group may let {wanted} through',
        )
    groups = ', '.join(str(one['id']) for one in end.groups) or 'none'
    return Step(
        region,
        what,
        Verdict.BROKEN,
        f'no rule lets {wanted} through, of the groups {groups}',
    )


def _shared(one: Between, region: str, untold: Mapping[str, str]) -> Step:
    what = f'{one.kind} {one.name}'
    state = one.states.get(region)
    if region not in one.there and region in untold:
        return Step(
            region,
            what,
            Verdict.UNKNOWN,
            _silence(region, untold) + _why(state),
        )
    if region not in one.there:
        # A router has a piece only where one is needed.
        verdict = Verdict.BROKEN if one.kind == 'network' else Verdict.UNKNOWN
        return Step(
            region, what, verdict, f'it is not in this region{_why(state)}'
        )
    if state is not None and state['status'] == 'FAILED':
        # What was before it may do.
        return Step(
            region,
            what,
            Verdict.UNKNOWN,
            f'the last change failed: {state["reason"]}',
        )
    omitted = ', '.join(state['omitted']) if state else ''
    return Step(
        region,
        what,
        Verdict.OK,
        f'it is there, without {omitted}' if omitted else 'it is there',
    )


def _known_by(end: End, other: End, untold: Mapping[str, str]) -> Step:
    """Return whether the agents of one end are told of the other."""
    what = f'tunnel to port {other.id}'
    if end.knows is None and end.region in untold:
        return Step(
            end.region, what, Verdict.UNKNOWN, _silence(end.region, untold)
        )
    if end.knows is None:
        return Step(
            end.region,
            what,
            Verdict.BROKEN,
            'agents here are not told of it: its shadow port is missing, '
            'down, or not bound',
        )
    there = (other.here or {}).get('binding:host_id')
    host = end.knows['host']
    if there and host != there:
        return Step(
            end.region,
            what,
            Verdict.BROKEN,
            f'agents here are told that it is on {host or "no host"}; it is '
            f'on {there}',
        )
    return Step(
        end.region,
        what,
        Verdict.OK,
        f'{host} of {end.knows["region"]} at {end.knows["tunnel_ip"]}',
    )
