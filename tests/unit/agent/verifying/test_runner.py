# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Probe ports of a host, without the host."""

from collections.abc import Mapping
import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import pytest

from tricircle.agent.verifying import ports
from tricircle.agent.verifying import runner
from tricircle.replica import probes

_PROBE = probes.Probe(probes.Kind.PING, '198.18.0.5', 56)
_WANTED = ports.Wanted(
    id='one',
    network_id='net',
    mac='fa:16:3e:00:00:01',
    mtu=1450,
    addresses=('198.18.0.4/24',),
    gateways=('198.18.0.1',),
    probes=(_PROBE,),
)


class Host:
    """A host that does as it is told, or fails."""

    def __init__(self) -> None:
        self.there: dict[str, ports.Wanted | None] = {}
        self.made: list[str] = []
        self.broken: set[str] = set()
        self.answer: Any = [0.5]

    def present(self) -> set[str]:
        return set(self.there)

    def make(self, port: ports.Wanted) -> None:
        if port.id in self.broken:
            raise RuntimeError('no bridge br-int' + 200 * '!')
        self.made.append(port.id)
        self.there[port.id] = port

    def remove(self, port_id: str) -> None:
        if port_id in self.broken:
            raise RuntimeError('busy')
        del self.there[port_id]

    def send(self, wanted: Mapping[str, ports.Wanted]) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict.fromkeys(wanted, self.answer)


class Agent:
    """The agent around it, which reports."""

    def __init__(self, more: str = '') -> None:
        self.agent_state: dict[str, Any] = {'configurations': {'more': more}}
        self.reports: list[Any] = []

    def _report_state(self) -> None:
        text = json.dumps(self.agent_state['configurations'])
        self.reports.append(json.loads(text)[probes.KEY])


class Bed:
    """A runner on a host, in a region that wants ports there."""

    def __init__(self, agent: Agent | None = None) -> None:
        self.host = Host()
        self.agent = agent or Agent()
        self.wanted = {'one': _WANTED}
        self.away = False
        self.runner = runner.Runner(self.host, self._pull)
        self.runner._agent_there('', '', self.agent)

    def _pull(self) -> dict[str, ports.Wanted]:
        if self.away:
            raise RuntimeError('no answer')
        return dict(self.wanted)

    def change(self, **states: ports.Wanted) -> None:
        """Have other ports wanted, and the host told."""
        self.wanted = states
        self.runner._port_changed(
            '',
            '',
            None,
            SimpleNamespace(
                resource_id='other',
                states=(SimpleNamespace(device_owner=probes.DEVICE_OWNER),),
            ),
        )


def test_a_host_says_that_it_takes_probes_before_there_are_any() -> None:
    bed = Bed()

    assert bed.agent.agent_state['configurations'][probes.KEY] == {}


def test_what_is_wanted_is_made_once_and_sent_in_every_round() -> None:
    bed = Bed()

    assert bed.runner.step()
    assert bed.runner.step()

    assert bed.host.made == ['one']
    assert bed.agent.reports == [{'one': [1, [0.5]]}, {'one': [2, [0.5]]}]


def test_what_is_wanted_no_more_goes_and_is_not_told() -> None:
    bed = Bed()
    bed.runner.step()

    bed.change()

    assert not bed.runner.step()
    assert bed.host.there == {}
    assert bed.agent.reports[-1] == {}


def test_what_an_agent_before_this_one_left_goes() -> None:
    bed = Bed()
    bed.host.there['of before'] = None

    bed.runner.step()

    assert set(bed.host.there) == {'one'}


def test_what_does_not_go_is_tried_again() -> None:
    bed = Bed()
    bed.wanted = {}
    bed.host.there['of before'] = None
    bed.host.broken.add('of before')

    assert bed.runner.step()
    bed.host.broken.clear()
    assert not bed.runner.step()

    assert bed.host.there == {}


def test_a_port_that_changes_is_made_again() -> None:
    bed = Bed()
    bed.runner.step()

    bed.change(one=dataclasses.replace(_WANTED, mtu=1400))
    bed.runner.step()

    assert bed.host.there['one'] == dataclasses.replace(_WANTED, mtu=1400)


def test_why_a_port_cannot_be_made_is_told_in_short_and_tried_again() -> None:
    bed = Bed()
    bed.host.broken.add('one')

    assert bed.runner.step()
    assert bed.agent.reports == [
        {'one': [0, ('no bridge br-int' + 200 * '!')[: probes.MOST_ERROR]]}
    ]
    bed.host.broken.clear()
    bed.runner.step()

    assert bed.agent.reports[-1] == {'one': [1, [0.5]]}


@pytest.mark.parametrize(
    'answer', ['No such file', RuntimeError('No such file')]
)
def test_why_nothing_could_be_sent_is_told_of_the_port(answer: Any) -> None:
    bed = Bed()
    bed.host.answer = answer

    assert bed.runner.step()

    assert bed.agent.reports == [{'one': [0, 'No such file']}]


def test_a_neutron_that_is_away_is_asked_again() -> None:
    bed = Bed()
    bed.away = True

    with pytest.raises(RuntimeError):
        bed.runner.step()
    bed.away = False
    bed.runner.step()

    assert bed.host.made == ['one']


def test_a_port_that_nobody_takes_away_goes_after_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bed = Bed()
    bed.runner.step()

    monkeypatch.setattr(runner, '_LIFETIME', 0.0)

    assert not bed.runner.step()
    assert bed.host.there == {}


@pytest.mark.parametrize('others', [0, 3500])
def test_a_report_never_outgrows_the_region_s_database(others: int) -> None:
    bed = Bed(Agent('o' * others))
    bed.wanted = {
        f'{number:036}': dataclasses.replace(_WANTED, id=f'{number:036}')
        for number in range(ports.MOST)
    }
    bed.host.answer = [1234.56] * probes.MOST

    bed.runner.step()

    configurations = bed.agent.agent_state['configurations']
    assert len(json.dumps(configurations)) < 4095
    assert bool(configurations[probes.KEY]) is (others == 0)


def test_a_notice_of_somebody_elses_port_wakes_nobody() -> None:
    bed = Bed()
    bed.runner.step()
    bed.wanted = {}

    bed.runner._port_changed(
        '',
        '',
        None,
        SimpleNamespace(
            resource_id='other',
            states=(None, SimpleNamespace(device_owner='compute:nova')),
        ),
    )

    assert not bed.runner._changed.is_set()


def test_the_thread_ends_when_the_agent_does() -> None:
    bed = Bed()
    bed.wanted = {}

    bed.runner.start()
    bed.runner.stop()

    assert not bed.runner._thread.is_alive()


def _port(**more: Any) -> Any:
    values: dict[str, Any] = {
        'id': 'one',
        'network_id': 'net',
        'mac_address': 'FA-16-3E-00-00-01',
        'device_owner': probes.DEVICE_OWNER,
        'fixed_ips': [
            SimpleNamespace(subnet_id='four', ip_address='198.18.0.4'),
            SimpleNamespace(subnet_id='six', ip_address='2001:2::4'),
        ],
        'bindings': [
            SimpleNamespace(
                host='h1', vif_type='ovs', profile=probes.profile([_PROBE])
            )
        ],
    }
    return SimpleNamespace(**{**values, **more})


def test_a_port_is_wanted_where_it_is_bound_with_a_list() -> None:
    here = _port()
    bound = SimpleNamespace(
        host='h2', vif_type='ovs', profile=probes.profile([_PROBE])
    )
    not_yet = SimpleNamespace(
        host='h1', vif_type='unbound', profile=probes.profile([_PROBE])
    )
    others = [
        _port(id='elsewhere', bindings=[bound]),
        _port(
            id='no list',
            bindings=[SimpleNamespace(host='h1', vif_type='ovs', profile={})],
        ),
        _port(id='not bound yet', bindings=[not_yet]),
        _port(id='a server', device_owner='compute:nova'),
    ]

    assert ports.on_host('h1', [*others, here]) == [(here, [_PROBE.packed()])]


def test_a_port_has_the_addresses_and_gateways_of_its_subnets() -> None:
    subnets = [
        SimpleNamespace(
            id='four', cidr='198.18.0.0/24', gateway_ip='198.18.0.1'
        ),
        SimpleNamespace(id='six', cidr='2001:2::/64', gateway_ip=None),
    ]

    found = ports.wanted(
        [(_port(), [_PROBE.packed()])], subnets, {'net': 1450}
    )

    assert found == {
        'one': dataclasses.replace(
            _WANTED, addresses=('198.18.0.4/24', '2001:2::4/64')
        )
    }


def test_a_list_that_cannot_be_read_is_not_sent() -> None:
    said = [['reboot']]

    assert ports.wanted([(_port(), said)], [], {'net': 1450}) == {}


def test_there_are_no_more_ports_on_a_host_than_are_allowed() -> None:
    many = [(_port(id=f'{number:02}'), []) for number in range(ports.MOST + 3)]

    assert len(ports.wanted(many, [], {'net': 1450})) == ports.MOST
