# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which checks there are, what is made for them, and who sends what."""

from collections.abc import Sequence
import itertools
from xml.etree import ElementTree

import pytest

from tricircle.cli.verifying import checks
from tricircle.cli.verifying import judge
from tricircle.cli.verifying import junit
from tricircle.cli.verifying import layout
from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.checks import End
from tricircle.cli.verifying.checks import Kind
from tricircle.cli.verifying.checks import Role
from tricircle.cli.verifying.checks import Size
from tricircle.replica import probes

REGIONS = ('One', 'Two', 'Three')


def _ports(
    planned: Sequence[Check], mtu: int = 1450
) -> dict[End, layout.Port]:
    return {
        end: layout.Port(
            f'port-{number}',
            layout.network_of(end),
            {4: f'198.18.0.{number}', 6: f'2001:2::{number}'},
            1450,
        )
        for number, end in enumerate(checks.ends(planned), 10)
    }


@pytest.mark.parametrize(
    ('kind', 'pairs'),
    [
        (Kind.LAYER2, 'others'),
        (Kind.BRIDGED, 'others'),
        # A router also within a region: its piece there is looked at alone.
        (Kind.ROUTED, 'all'),
    ],
)
def test_echoes_go_between_all_regions_in_all_sizes_and_families(
    kind: Kind, pairs: str
) -> None:
    found = checks.plan(REGIONS, [kind])

    wanted = {
        (one, other, family, size)
        for one, other in itertools.product(REGIONS, REGIONS)
        if one != other or pairs == 'all'
        for family in (4, 6)
        for size in (Size.SMALL, Size.LARGE)
    }
    assert len(found) == len(wanted)
    assert {
        (one.sender.region, one.receiver.region, one.family, one.size)
        for one in found
        if one.receiver is not None and one.allowed
    } == wanted


def test_groups_let_members_in_and_nobody_else() -> None:
    found = checks.plan(['One', 'Two'], [Kind.GROUPS])

    to_members = {
        (one.sender.role, one.allowed)
        for one in found
        if one.receiver is not None and one.receiver.role is Role.MEMBER
    }
    assert to_members == {(Role.MEMBER, True), (Role.NEAR, False)}


def test_what_is_denied_has_a_control_the_other_way_round() -> None:
    found = checks.plan(REGIONS, list(Kind))

    for one in found:
        if one.allowed:
            continue
        (control,) = checks.controls(one, found)
        assert control.allowed
        assert (control.sender, control.receiver, control.family) == (
            one.receiver,
            one.sender,
            one.family,
        )


def test_each_region_is_asked_for_addresses_of_both_families() -> None:
    found = checks.plan(REGIONS, [Kind.DHCP])

    assert {(one.sender.region, one.family) for one in found} == set(
        itertools.product(REGIONS, (4, 6))
    )


def test_one_region_has_what_needs_no_second_one() -> None:
    found = checks.plan(['One'], list(Kind))

    assert {one.kind for one in found} == {Kind.ROUTED, Kind.DHCP}
    assert checks.plan(['One'], [Kind.LAYER2]) == []


def test_every_check_has_a_name_of_its_own() -> None:
    names = [one.name for one in checks.plan(REGIONS, list(Kind))]

    assert len(set(names)) == len(names)
    assert 'layer2 One to Two IPv4 small' in names
    assert 'groups One near to Two member IPv6 small denied' in names
    assert 'dhcp Three IPv6' in names


@pytest.mark.parametrize(
    ('kinds', 'keys', 'routers'),
    [
        ([Kind.LAYER2], {''}, {''}),
        ([Kind.DHCP], {''}, {''}),
        ([Kind.GROUPS], {''}, {''}),
        ([Kind.ROUTED], {'', 'far'}, {'routed'}),
        ([Kind.BRIDGED], set(REGIONS), {'bridged'}),
        (list(Kind), {'', 'far', *REGIONS}, {'routed', 'bridged'}),
    ],
)
def test_no_more_is_made_than_the_checks_need(
    kinds: list[Kind], keys: set[str], routers: set[str]
) -> None:
    planned = checks.plan(REGIONS, kinds)

    found = layout.networks(planned, checks.ends(planned))

    assert {one.key for one in found} == keys
    assert {one.router for one in found} == routers
    assert all(bool(one.hints) is (one.key in REGIONS) for one in found)


def test_no_two_subnets_overlap() -> None:
    planned = checks.plan(REGIONS, list(Kind))
    found = layout.networks(planned, checks.ends(planned))

    cidrs = [subnet['cidr'] for one in found for subnet in one.subnets()]

    assert len(set(cidrs)) == len(cidrs) == 2 * len(found)


def test_large_echoes_fill_the_smaller_mtu() -> None:
    planned = checks.plan(['One', 'Two'], [Kind.LAYER2])
    ports = _ports(planned)
    two = End('Two', Role.NEAR)
    ports[two] = layout.Port('p', '', ports[two].addresses, 1400)

    sent = layout.sent(planned, ports)

    sizes = {
        (check.family, check.size): probe.size
        for check, probe in sent[End('One', Role.NEAR)]
    }
    assert sizes == {
        (4, Size.SMALL): 56,
        (4, Size.LARGE): 1400 - 28,
        (6, Size.SMALL): 56,
        (6, Size.LARGE): 1400 - 48,
    }


def test_every_check_is_sent_once_to_its_receiver() -> None:
    planned = checks.plan(REGIONS, list(Kind))
    ports = _ports(planned)

    sent = layout.sent(planned, ports)

    flat = [(end, *one) for end, mine in sent.items() for one in mine]
    assert len(flat) == len(planned)
    for end, check, probe in flat:
        assert check.sender == end
        if check.receiver is None:
            assert probe.kind is not probes.Kind.PING
        else:
            address = ports[check.receiver].addresses[check.family]
            assert probe.address == address


def test_more_than_a_port_can_be_told_is_refused() -> None:
    planned = checks.plan([str(one) for one in range(20)], list(Kind))

    with pytest.raises(layout.TooMany, match='--region'):
        layout.sent(planned, _ports(planned))


def test_the_report_for_others_counts_and_names_what_failed() -> None:
    planned = checks.plan(['One', 'Two'], [Kind.LAYER2])
    found = {one: judge.Outcome(judge.Verdict.PASSED, 12.5) for one in planned}
    found[planned[0]] = judge.Outcome(
        judge.Verdict.FAILED, detail='no <answer> & no error'
    )
    found[planned[1]] = judge.Outcome(judge.Verdict.UNPROVEN, detail='why')

    # Made by us just now.
    (suite,) = ElementTree.fromstring(junit.report(found, 61.5))  # noqa: S314

    counts = {key: suite.get(key) for key in ('tests', 'failures', 'skipped')}
    assert counts == {'tests': '8', 'failures': '1', 'skipped': '1'}
    failed = {
        case.get('name'): case[0].get('message')
        for case in suite
        if case.find('failure') is not None
    }
    assert failed == {planned[0].name: 'no <answer> & no error'}
