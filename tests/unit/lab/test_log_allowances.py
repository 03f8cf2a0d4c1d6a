# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What in a log is explained, and by what; when services were away."""

import datetime
from pathlib import Path

import pytest

from lab import layout as layouts
from lab import log_allowances
from lab import log_surprises
from lab import outages
from lab import service_logs

NOW = datetime.datetime(2026, 11, 28, 8, 0, 0)


def at(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def failure(
    cause: str = 'KeyError: a',
    logger: str = 'nova.api',
    service: str = 'nova-api-RegionOne',
    when: datetime.datetime | None = NOW,
) -> log_surprises.Failure:
    return log_surprises.Failure(
        service, 'ERROR', logger, 'Failed', cause, when, True
    )


def test_every_allowance_says_why() -> None:
    assert all(one.reason.endswith('.') for one in log_allowances.ALLOWED)


@pytest.mark.parametrize(
    ('table', 'service', 'explained'),
    [
        ('Port', 'openvswitch-agent-h1', True),
        ('Bridge', 'openvswitch-agent-h1', False),
        ('Port', 'l3-agent-h1', False),
    ],
)
def test_a_port_that_went_while_its_agent_was_at_it_is_nothing(
    table: str, service: str, explained: bool
) -> None:
    one = failure(
        f'txn c9dc0d47 n=1 command(idx=1): DbClearCommand(_result=None, '
        f'table={table}, record=tapd4c68de4-ee, column=trunks) aborted: '
        'Cannot find Port with name=tapd4c68de4-ee: ovsdbapp.backend.ovs_idl'
        '.idlutils.RowNotFound: Cannot find Port with name=tapd4c68de4-ee',
        'ovsdbapp.backend.ovs_idl.transaction',
        service,
    )
    assert (list(log_allowances.unexplained([one], [])) == []) == explained


@pytest.mark.parametrize(('version', 'explained'), [(5, True), (4, False)])
def test_a_reserved_port_that_is_not_bound_in_time_is_nothing(
    version: int, explained: bool
) -> None:
    one = failure(
        'Failed to commit binding results for '
        f'44ac4406-7aab-{version}f65-902a-d9be55bf3855 after 10 tries',
        'neutron.plugins.ml2.plugin',
        'neutron-rpc-server-RegionTwo',
    )
    assert (list(log_allowances.unexplained([one], [])) == []) == explained


@pytest.mark.parametrize(
    ('service', 'version', 'explained'),
    [
        ('dhcp-agent-h1', 5, True),
        ('neutron-rpc-server-RegionOne', 5, True),
        ('dhcp-agent-h1', 4, False),
        ('neutron-server-RegionOne', 5, False),
    ],
)
@pytest.mark.parametrize(
    ('logger', 'error'),
    [
        ('', 'oslo_messaging.rpc.client.RemoteError: Remote error: {}'),
        ('oslo_messaging.rpc.server', 'neutron_lib.exceptions.{}'),
    ],
)
def test_a_port_that_went_before_its_dhcp_agent_read_it_again_is_nothing(
    logger: str, error: str, service: str, version: int, explained: bool
) -> None:
    between = ':' if logger else ''
    one = failure(
        error.format(
            f'PortNotFound{between} Port 100b9b81-8dcb-{version}769-a25f-'
            '0a39f1041b2b could not be found.'
        ),
        logger,
        service,
    )
    assert (list(log_allowances.unexplained([one], [])) == []) == explained


@pytest.mark.parametrize(('found', 'explained'), [(0, True), (2, False)])
def test_a_dhcp_agent_without_the_port_that_was_deleted_is_nothing(
    found: int, explained: bool
) -> None:
    one = failure(
        'Unexpected number of DHCP interfaces for metadata proxy, expected '
        f'1, got {found}',
        'neutron.agent.dhcp.agent',
        'dhcp-agent-h2',
    )
    assert (list(log_allowances.unexplained([one], [])) == []) == explained


@pytest.mark.parametrize(
    ('service', 'why', 'explained'),
    [
        ('dhcp', 'Cannot open network namespace "{}": No such file', True),
        ('l3', 'Cannot open network namespace "{}": No such file', True),
        ('dhcp', 'Cannot open configuration file "{}": No such file', False),
        ('ovs', 'Cannot open network namespace "{}": No such file', False),
    ],
)
@pytest.mark.parametrize(
    ('logger', 'before'),
    [
        ('neutron.agent.linux.utils', ''),
        (
            'neutron.agent.metadata.driver_base',
            'Encountered process execution error ',
        ),
    ],
)
def test_a_program_in_a_namespace_that_went_is_nothing(
    logger: str, before: str, service: str, why: str, explained: bool
) -> None:
    network = '16d37bad-3675-47d9-8296-2fc44b1262e8'
    one = failure(
        f"{before}Exit code: 255; Cmd: ['ip', 'netns', 'exec', "
        f"'qdhcp-{network}', 'env', 'PROCESS_TAG=haproxy-{network}', "
        f"'haproxy', '-f', '{network}.conf']; Stdin: ; Stdout: ; Stderr: "
        + why.format(f'qdhcp-{network}')
        + ' or directory\n',
        logger,
        f'{service}-agent-h2',
    )
    assert (list(log_allowances.unexplained([one], [])) == []) == explained


def test_no_traceback_of_tricircle_is_allowed_but_of_a_database_away() -> None:
    away = [
        outages.Outage(name, NOW)
        for name in ('rabbitmq', 'neutron-server-central', 'ovs-vswitchd-h1')
    ]
    for service in ('neutron-server-central', 'openvswitch-agent-h1'):
        one = failure(
            'oslo_messaging.exceptions.MessagingTimeout: x',
            'tricircle.agent.region_guard',
            service,
        )
        assert list(log_allowances.unexplained([one], away)) == [one]


def test_patterns_are_those_of_the_whole_text() -> None:
    one = log_allowances.Allowance('KeyError: a', 'So it is.', 'nova.api')

    assert one.explains(failure())
    assert not one.explains(failure('KeyError: ab'))
    assert not one.explains(failure(logger='nova.api.x'))
    assert one.explains(failure(service='anything'))


def test_an_outage_explains_what_follows_it_for_a_while_only() -> None:
    one = log_allowances.Allowance('.*', 'So it is.', while_away='mariadb')
    away = [outages.Outage('mariadb', at(0), at(10))]

    assert not one.explains(failure(when=at(-1)), away)
    assert one.explains(failure(when=at(5)), away)
    assert one.explains(failure(when=at(90)), away)
    assert not one.explains(failure(when=at(110)), away)
    assert not one.explains(failure(when=None), away)
    assert not one.explains(failure(when=at(5)), [])


def test_what_is_not_back_explains_everything_since() -> None:
    one = log_allowances.Allowance('.*', 'So it is.', while_away='mariadb')
    away = [outages.Outage('mariadb', at(0))]

    assert one.explains(failure(when=at(1000)), away)
    assert not one.explains(
        failure(when=at(1000)), [outages.Outage('rabbitmq', at(0))]
    )


def test_outages_are_read_as_they_were_noted(tmp_path: Path) -> None:
    path = tmp_path / 'outages'
    assert outages.read(path) == []
    # Killed, and then restarted, which stops it first.
    for what in (outages.AWAY, outages.AWAY, outages.BACK, outages.AWAY):
        outages.note(path, 'mariadb', what)
    outages.note(path, 'rabbitmq', outages.AWAY)

    first, second, other = outages.read(path)

    assert first.end is not None
    assert first.start <= first.end <= second.start
    assert second.end is None
    assert (second.service, other.service) == ('mariadb', 'rabbitmq')


def test_what_a_service_said_before_it_was_restarted_is_read_too(
    tmp_path: Path,
) -> None:
    layout = layouts.Layout(tmp_path)
    layout.make()
    line = '2026-11-28 08:12:35.974 6554 ERROR nova.api [-] '
    for text in ('one', 'two'):
        layout.log('nova-api').write_text(f'{line}{text}\n')
        layout.begin_log('nova-api')
        assert layout.log('nova-api').read_text() == ''
    layout.log('nova-api').write_text(f'{line}three\n')
    layout.log('console-x').write_text(f'{line}of a guest\n')

    found = service_logs.surprises(layout, ['nova-api', 'absent'])

    assert {one.cause for one in found} == {'one', 'two', 'three'}
    later = datetime.datetime(2026, 11, 28, 9)
    assert service_logs.surprises(layout, ['nova-api'], later) == []
    layout.forget_logs(['nova-api', 'absent'])
    assert service_logs.surprises(layout, ['nova-api']) == []
