# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is concluded from reports of hosts."""

import pytest

from tricircle.cli.verifying import checks
from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.checks import End
from tricircle.cli.verifying.checks import Kind
from tricircle.cli.verifying.checks import Role
from tricircle.cli.verifying.judge import Judge
from tricircle.cli.verifying.judge import Verdict
from tricircle.replica import probes

_NEAR = End('One', Role.NEAR)
_MEMBER = End('Two', Role.MEMBER)
_ECHO = Check(Kind.LAYER2, _NEAR, End('Two', Role.NEAR), 4)
_DENIED = Check(Kind.GROUPS, _NEAR, _MEMBER, 4, allowed=False)
_CONTROL = Check(Kind.GROUPS, _MEMBER, _NEAR, 4)
_DHCP = Check(Kind.DHCP, _NEAR, None, 4)
_OWN, _OTHER, _UNKNOWN = (f'fa:16:3e:00:00:0{number}' for number in range(3))


def _of(found: Judge, check: Check) -> tuple[Verdict, str]:
    outcome = found.outcomes()[check]
    return outcome.verdict, outcome.detail


def _hears(
    found: Judge, end: End, number: int, *results: probes.Found
) -> None:
    found.hear(end, probes.Result(number, results))


def test_an_echo_that_is_answered_once_passes_for_good() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    _hears(judge, _NEAR, 1, None)
    assert not judge.is_over
    _hears(judge, _NEAR, 2, 1.5)
    assert judge.is_over
    _hears(judge, _NEAR, 3, None)

    outcome = judge.outcomes()[_ECHO]
    assert (outcome.verdict, outcome.round_trip) == (Verdict.PASSED, 1.5)


def test_an_echo_without_an_answer_fails_when_time_is_over() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    _hears(judge, _NEAR, 1, None)

    assert _of(judge, _ECHO) == (Verdict.FAILED, 'no answer')


def test_a_host_that_says_nothing_is_named() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    assert _of(judge, _ECHO) == (
        Verdict.FAILED,
        'its host reported nothing in time',
    )


def test_what_keeps_a_host_from_sending_is_told() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    judge.hear(_NEAR, probes.Result(0, error='no bridge br-int'))

    assert _of(judge, _ECHO) == (Verdict.FAILED, 'no bridge br-int')


def test_a_host_that_could_not_send_at_first_may_pass() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    judge.hear(_NEAR, probes.Result(0, error='not yet'))
    _hears(judge, _NEAR, 1, 1.5)

    assert _of(judge, _ECHO) == (Verdict.PASSED, '')


def test_results_of_another_list_prove_nothing() -> None:
    judge = Judge({_NEAR: [_ECHO]})

    _hears(judge, _NEAR, 1, 1.5, 1.5)

    assert _of(judge, _ECHO)[0] is Verdict.FAILED


def test_what_is_denied_and_answered_fails_at_once() -> None:
    judge = Judge({_NEAR: [_DENIED], _MEMBER: [_CONTROL]})

    _hears(judge, _NEAR, 1, 1.5)

    assert _of(judge, _DENIED) == (Verdict.FAILED, 'it was answered')


def test_silence_is_no_proof_where_nothing_passes() -> None:
    judge = Judge({_NEAR: [_DENIED], _MEMBER: [_CONTROL]})

    for number in range(1, 9):
        _hears(judge, _NEAR, number, None)
        _hears(judge, _MEMBER, number, None)

    assert _of(judge, _DENIED)[0] is Verdict.UNPROVEN
    assert _of(judge, _CONTROL)[0] is Verdict.FAILED


def test_silence_counts_in_a_round_that_began_when_the_path_was_there() -> (
    None
):
    judge = Judge({_NEAR: [_DENIED], _MEMBER: [_CONTROL]})

    _hears(judge, _NEAR, 1, None)
    _hears(judge, _MEMBER, 1, 1.5)
    _hears(judge, _NEAR, 2, None)
    _hears(judge, _NEAR, 3, None)
    assert not judge.is_over
    _hears(judge, _NEAR, 4, None)

    assert judge.is_over
    assert _of(judge, _DENIED) == (Verdict.PASSED, '')


def test_what_is_let_in_in_the_last_round_fails() -> None:
    judge = Judge({_NEAR: [_DENIED], _MEMBER: [_CONTROL]})

    _hears(judge, _MEMBER, 1, 1.5)
    for number in (1, 2):
        _hears(judge, _NEAR, number, None)
    _hears(judge, _NEAR, 3, 1.5)

    assert _of(judge, _DENIED)[0] is Verdict.FAILED


def test_a_report_that_is_read_twice_is_one_round() -> None:
    judge = Judge({_NEAR: [_DENIED], _MEMBER: [_CONTROL]})

    _hears(judge, _MEMBER, 1, 1.5)
    for _ in range(9):
        _hears(judge, _NEAR, 1, None)

    assert not judge.is_over


@pytest.mark.parametrize(
    ('heard', 'verdict', 'detail'),
    [
        ([_OWN], Verdict.PASSED, ''),
        ([], Verdict.FAILED, 'no server answered'),
        ([_OTHER], Verdict.FAILED, f'answered by Two ({_OTHER})'),
        ([_OWN, _OTHER], Verdict.FAILED, f'answered by Two ({_OTHER})'),
        (
            [_OWN, _UNKNOWN],
            Verdict.FAILED,
            f'answered by nobody of any region ({_UNKNOWN})',
        ),
    ],
)
def test_only_the_region_s_own_server_may_answer(
    heard: list[str], verdict: Verdict, detail: str
) -> None:
    judge = Judge({_NEAR: [_DHCP]})
    judge.servers = {'One': frozenset([_OWN]), 'Two': frozenset([_OTHER])}

    _hears(judge, _NEAR, 1, heard)

    assert _of(judge, _DHCP) == (verdict, detail)


def test_a_server_that_its_region_does_not_know_yet_is_waited_for() -> None:
    judge = Judge({_NEAR: [_DHCP]})

    _hears(judge, _NEAR, 1, [_OWN])
    assert not judge.is_over
    judge.servers = {'One': frozenset([_OWN])}
    _hears(judge, _NEAR, 2, [_OWN])

    assert judge.is_over


def test_all_of_a_plan_passes_where_all_is_as_it_should_be() -> None:
    planned = checks.plan(['One', 'Two', 'Three'], list(Kind))
    sent = {
        end: [one for one in planned if one.sender == end]
        for end in checks.ends(planned)
    }
    judge = Judge(sent)
    judge.servers = {one: frozenset([one]) for one in ('One', 'Two', 'Three')}

    for number in range(1, 5):
        for end, mine in sent.items():
            results: list[probes.Found] = [
                [end.region]
                if one.kind is Kind.DHCP
                else (2.5 if one.allowed else None)
                for one in mine
            ]
            _hears(judge, end, number, *results)

    assert judge.is_over
    assert {one.verdict for one in judge.outcomes().values()} == {
        Verdict.PASSED
    }
