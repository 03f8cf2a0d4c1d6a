# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Each planted fault has the finding of its number, and no other."""

from collections.abc import Callable
import dataclasses
import datetime
from pathlib import Path
import re
from typing import Any

import pytest

from tricircle.cli.diagnosis import checkers
from tricircle.cli.diagnosis import facts

_NOW = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
_GUIDE = Path(__file__).parents[3] / 'doc/source/admin/findings.rst'
_HEALTHY = facts.Endpoint(
    'https://neutron.example.org:9696',
    status=200,
    clock=0.0,
    certificate_ends=_NOW + datetime.timedelta(days=90),
)


def agent(**changes: Any) -> dict[str, Any]:
    return {
        'agent_type': 'Open vSwitch agent',
        'host': 'compute1',
        'alive': True,
        'admin_state_up': True,
        'configurations': {
            'l2_population': True,
            'tunnel_types': ['vxlan'],
            'extensions': ['tricircle_region_guard'],
            'tricircle_tunnels': {
                'up': 3,
                'down': 0,
                'silent': 0,
                'unasked': 1,
                'not_up': [],
            },
        },
    } | changes


def probing(**told: Any) -> dict[str, Any]:
    """Return an agent by what it tells of its tunnels."""
    found = agent()
    found['configurations']['tricircle_tunnels'].update(told)
    return found


def shadow_agent(**changes: Any) -> dict[str, Any]:
    return agent(
        host='far',
        configurations={
            'l2_population': True,
            'tunnel_types': ['vxlan'],
            'tricircle_region': 'RegionTwo',
        },
        **changes,
    )


def status(**changes: Any) -> dict[str, Any]:
    return {
        'region_name': 'RegionOne',
        'state': 'active',
        'answers': True,
        'answers_since': '2026-11-29T11:00:00+00:00',
        'contact_failure': None,
        'pending': 0,
        'failing': 0,
        'ended': 0,
        'incomplete': 0,
        'age': None,
        'oldest_failure': None,
        'swept_at': '2026-11-29T11:50:00+00:00',
        'sweep_failure': None,
        'version': '9.1.0',
        'document_schema': 1,
        'release_failure': None,
    } | changes


def program(name: str = 'xjob', **changes: Any) -> dict[str, Any]:
    return {
        'program': name,
        'host': 'host1',
        'version': '9.1.0',
        'document_schema': 1,
        'tables': '0017',
    } | changes


def pod(**changes: Any) -> dict[str, Any]:
    return {
        'region_name': 'RegionOne',
        'az_name': 'az1',
        'service_user_id': 'u',
        'service_project_id': '',
    } | changes


_CENTRAL = facts.Neutron(
    'CentralRegion',
    _HEALTHY,
    frozenset(['tricircle-replicas', 'quotas', 'qos']),
)
_REGION = facts.Neutron(
    'RegionOne',
    _HEALTHY,
    frozenset(['tricircle-region-replicas', 'qos']),
    (agent(), shadow_agent()),
)
_CLOUD = facts.Facts(
    _NOW,
    _CENTRAL,
    (_REGION,),
    (pod(),),
    (status(),),
    (program('api'), program('central'), program('xjob')),
    '0017',
)


def region(**changes: Any) -> facts.Facts:
    changed = dataclasses.replace(_REGION, **changes)
    return dataclasses.replace(_CLOUD, regions=(changed,))


def endpoint(**changes: Any) -> facts.Facts:
    """Return a cloud whose region's endpoint is other than it should be."""
    changed = dataclasses.replace(_HEALTHY, **changes)
    if changed.status == 200:
        return region(endpoint=changed)
    return region(endpoint=changed, extensions=None, agents=None)


def failed(stage: facts.Stage) -> facts.Facts:
    return endpoint(
        failed=stage, error='broken', status=None, certificate_ends=None
    )


def agents(*found: dict[str, Any]) -> facts.Facts:
    return region(agents=found)


def in_status(**changes: Any) -> facts.Facts:
    return dataclasses.replace(_CLOUD, statuses=(status(**changes),))


def in_program(name: str, **changes: Any) -> facts.Facts:
    """Return a cloud one of whose programs is other than it should be."""
    return dataclasses.replace(
        _CLOUD,
        releases=tuple(
            one | changes if one['program'] == name else one
            for one in _CLOUD.releases
        ),
    )


_FAULTS: dict[str, Callable[[], facts.Facts]] = {
    'TRI0101': lambda: failed(facts.Stage.CATALOGUE),
    'TRI0102': lambda: failed(facts.Stage.NAME),
    'TRI0103': lambda: failed(facts.Stage.CONNECTION),
    'TRI0104': lambda: failed(facts.Stage.TLS),
    'TRI0105': lambda: failed(facts.Stage.HTTP),
    'TRI0106': lambda: endpoint(status=401),
    'TRI0107': lambda: endpoint(status=403),
    'TRI0108': lambda: endpoint(status=502),
    'TRI0109': lambda: endpoint(
        certificate_ends=_NOW + datetime.timedelta(days=29)
    ),
    'TRI0110': lambda: endpoint(clock=-31.0),
    'TRI0201': lambda: dataclasses.replace(
        _CLOUD,
        central=dataclasses.replace(_CENTRAL, extensions=frozenset(['qos'])),
    ),
    'TRI0202': lambda: region(extensions=frozenset(['qos'])),
    'TRI0203': lambda: region(
        extensions=frozenset(['tricircle-region-replicas'])
    ),
    'TRI0204': lambda: agents(agent(alive=False)),
    'TRI0205': lambda: agents(
        agent(
            configurations={
                'l2_population': True,
                'tunnel_types': ['vxlan'],
                'extensions': ['qos'],
            }
        )
    ),
    'TRI0206': lambda: agents(
        agent(
            configurations={
                'l2_population': False,
                'tunnel_types': ['vxlan'],
                'extensions': ['tricircle_region_guard'],
            }
        )
    ),
    'TRI0207': lambda: region(
        clashes=(
            {
                'network_id': 'net1',
                'kind': 'segment-used',
                'reason': 'VNI 7 is taken',
                'remedy': 'delete it',
            },
        )
    ),
    'TRI0208': lambda: dataclasses.replace(
        _CLOUD, pods=(pod(service_user_id=''),)
    ),
    'TRI0209': lambda: agents(probing(down=1, not_up=['192.0.2.7'])),
    'TRI0210': lambda: agents(probing(silent=2, not_up=['192.0.2.7'])),
    'TRI0211': lambda: agents(probing(stale=True, down=1)),
    'TRI0301': lambda: in_status(answers=None),
    'TRI0302': lambda: in_status(answers=False, contact_failure='refused'),
    'TRI0303': lambda: in_status(
        pending=2,
        failing=1,
        age=900,
        oldest_failure={'type': 'port', 'id': 'p', 'reason': 'no room'},
    ),
    'TRI0304': lambda: in_status(ended=1),
    'TRI0305': lambda: in_status(pending=9, age=301),
    'TRI0306': lambda: in_status(incomplete=3),
    'TRI0307': lambda: in_status(swept_at=None),
    'TRI0308': lambda: in_status(paused_at='2026-11-28 11:00:00'),
    'TRI0401': lambda: in_status(version='9.0.0'),
    # Of the same version, so that nothing else is found.
    'TRI0402': lambda: in_status(document_schema=3),
    'TRI0403': lambda: dataclasses.replace(_CLOUD, tables='0016'),
    'TRI0404': lambda: dataclasses.replace(_CLOUD, tables='0018'),
    'TRI0405': lambda: in_status(
        version=None, document_schema=None, release_failure='too old'
    ),
}


@pytest.mark.parametrize('number', [one.number for one in checkers.CHECKERS])
def test_a_planted_fault_is_found_and_named_apart(number: str) -> None:
    (found,) = checkers.findings(_FAULTS[number]())
    assert found.number == number
    assert found.region in {'RegionOne', 'CentralRegion'}
    assert found.what and found.remedy


def test_nothing_is_found_in_a_healthy_cloud() -> None:
    assert not list(checkers.findings(_CLOUD))


def test_only_the_findings_asked_for_are_looked_for() -> None:
    known = endpoint(status=401)
    assert not list(checkers.findings(known, {'TRI0107'}))
    (found,) = checkers.findings(known, {'TRI0106', 'TRI0107'})
    assert found.number == 'TRI0106'


def test_of_a_lost_region_nothing_is_expected() -> None:
    assert not list(
        checkers.findings(
            in_status(state='lost', answers=False, swept_at=None)
        )
    )


def test_a_change_that_waits_because_it_fails_is_one_finding() -> None:
    known = in_status(
        pending=1,
        failing=1,
        age=9000,
        answers=False,
        contact_failure='refused',
        oldest_failure={'type': 'port', 'id': 'p', 'reason': 'refused'},
    )
    assert [one.number for one in checkers.findings(known)] == ['TRI0302']


def test_of_a_region_that_was_paused_today_nothing_is_expected() -> None:
    known = in_status(
        paused_at='2026-11-29 11:00:00',
        pending=5,
        failing=1,
        age=9000,
        oldest_failure={'type': 'port', 'id': 'p', 'reason': 'no room'},
        swept_at='2026-11-20 11:00:00',
    )

    assert not list(checkers.findings(known))


def test_a_resource_that_is_paused_for_long_is_named_with_its_remedy() -> None:
    known = in_status(paused=2, paused_since='2026-11-27 11:00:00')

    (found,) = checkers.findings(known)

    assert (found.number, found.severity) == ('TRI0308', 'info')
    assert '2 replicas' in found.what
    assert 'job list --status paused' in found.remedy


def test_numbers_are_in_order_and_have_one_meaning_each() -> None:
    numbers = [one.number for one in checkers.CHECKERS]
    assert numbers == sorted(set(numbers))
    assert all(re.fullmatch(r'TRI\d{4}', one) for one in numbers)


def test_the_guide_explains_each_number() -> None:
    headings = re.findall(r'^(TRI\d{4}): (.*)$', _GUIDE.read_text(), re.M)
    assert headings == [(one.number, one.title) for one in checkers.CHECKERS]


def test_tunnels_are_named_by_host_and_by_the_other_end() -> None:
    (found,) = checkers.findings(
        agents(
            probing(down=2, not_up=['192.0.2.8', '192.0.2.7']),
            probing(up=9) | {'host': 'compute2'},
        ),
        {'TRI0209'},
    )
    assert 'compute1 (2)' in found.what
    assert 'compute2' not in found.what
    assert '192.0.2.7, 192.0.2.8' in found.what


def test_of_many_hosts_whose_tunnels_are_down_some_are_named() -> None:
    (found,) = checkers.findings(
        agents(*(probing(down=1) | {'host': f'c{n}'} for n in range(9))),
        {'TRI0209'},
    )
    assert 'c4 (1) and 4 more' in found.what


@pytest.mark.parametrize(
    'told', [{'down': 'x'}, {'down': None}, {'not_up': 7}]
)
def test_what_an_agent_cannot_have_told_is_let_pass(
    told: dict[str, Any],
) -> None:
    assert not list(checkers.findings(agents(probing(**told))))


def test_an_agent_that_is_dead_says_nothing_of_its_tunnels() -> None:
    assert not list(
        checkers.findings(
            agents(probing(down=1) | {'alive': False}), {'TRI0209'}
        )
    )
