# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Errors in the logs of services that are to be expected, and why.

Whatever Tricircle itself logs is not: a refusal that is expected is no error
of the program that refuses. What stands here is other programs', and either
always so, or so while a service was away that they need.
"""

from collections.abc import Iterable, Iterator, Sequence
import dataclasses
import re
from typing import Final

from lab import log_surprises
from lab import outages

#: What notices an outage late: the longest time that something waits for
#: an answer, in seconds.
_LATE: Final = 90.0


@dataclasses.dataclass(frozen=True)
class Allowance:
    """What may be in a log.

    All patterns are those of the whole text.

    :ivar cause: last line of the traceback, or the text, as the log has it
    :ivar reason: why nothing is wrong
    :ivar logger: who logs it; '' also where nobody does
    :ivar service: in whose log
    :ivar while_away: only while a service of this name was killed or
        stopped on purpose, or soon after; '' for always
    """

    cause: str
    reason: str
    logger: str = '.*'
    service: str = '.*'
    while_away: str = ''

    def explains(
        self,
        failure: log_surprises.Failure,
        away: Sequence[outages.Outage] = (),
    ) -> bool:
        """Whether a failure is one of these."""
        return (
            _whole(self.cause, failure.cause)
            and _whole(self.logger, failure.logger)
            and _whole(self.service, failure.service)
            and (not self.while_away or self._during(failure, away))
        )

    def _during(
        self,
        failure: log_surprises.Failure,
        away: Sequence[outages.Outage],
    ) -> bool:
        return failure.time is not None and any(
            _whole(self.while_away, one.service)
            and one.covers(failure.time, _LATE)
            for one in away
        )


def _whole(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.DOTALL) is not None


_BROKER: Final = 'rabbitmq'
_DATABASE: Final = 'mariadb'
_NEUTRON: Final = 'neutron-server-.*'
_SWITCH: Final = 'ovs(-vswitchd|db-server)-.*'
#: Any module of a program that is not Tricircle's.
_STOCK: Final = r'(?!tricircle\b).*'

ALLOWED: Final[tuple[Allowance, ...]] = (
    Allowance(
        r"Exit code: \d+; Cmd: \['ip', 'netns', 'exec', '(qrouter|snat)-.*', "
        r"'arping'.*",
        'The L3 agent announces an address three times, some seconds apart, '
        'also when it, or the router, was deleted meanwhile.',
        logger=r'neutron\.agent\.linux\.utils',
        service='l3-agent-.*',
    ),
    Allowance(
        r'.*OVSFWPortNotFound: Port \S+ is not managed by this agent.*',
        'The Open vSwitch agent was about to set a port up that was deleted '
        'meanwhile.',
        logger=r'neutron\.agent\.linux\.openvswitch_firewall\.firewall',
        service='openvswitch-agent-.*',
    ),
    Allowance(
        r'.*DbClearCommand\(.*table=Port, .*\) aborted: Cannot find Port with '
        r'name=(tap|qvo)\S+: .*RowNotFound: .*',
        'The Open vSwitch agent was about to take the VLAN off a port that '
        'was deleted meanwhile.',
        logger=r'ovsdbapp\.backend\.ovs_idl\.transaction',
        service='openvswitch-agent-.*',
    ),
    Allowance(
        r'.*neutron_lib\.exceptions\.SubnetNotFound: Subnet \S+ could not be '
        r'found\.',
        'A DHCP agent took its port on a network that was being deleted: '
        'Neutron tries ten times to bind what has gone.',
        logger=r'neutron\.plugins\.ml2\.managers',
        service='neutron-rpc-server-.*',
    ),
    Allowance(
        # The ports that central reserves have IDs made of a name, version 5.
        r'Failed to bind port [0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-\S+ on '
        r'host \S+ for vnic_type normal using segments .*',
        'The end of the same.',
        logger=r'neutron\.plugins\.ml2\.managers',
        service='neutron-rpc-server-.*',
    ),
    Allowance(
        r'Failed to commit binding results for '
        r'[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-\S+ after \d+ tries',
        'And what Neutron says when all of its tries were such.',
        logger=r'neutron\.plugins\.ml2\.plugin',
        service='neutron-rpc-server-.*',
    ),
    Allowance(
        # Those that central reserves, once more.
        r'.*PortNotFound:? Port [0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-\S+ '
        r'could not be found\..*',
        'The agent reads its port once more before it uses it, after the '
        'network was deleted with it: get_dhcp_port() of Neutron.',
        logger=r'(neutron\.agent\.dhcp\.agent|oslo_messaging\.rpc\.server)?',
        service='dhcp-agent-.*|neutron-rpc-server-.*',
    ),
    Allowance(
        'Unexpected number of DHCP interfaces for metadata proxy, '
        'expected 1, got 0',
        'The same agent, on a network with IPv6: what it read of the network '
        'no longer has its port. Networks that stay have their metadata '
        'looked at in tests/lab/test_region_guard.py.',
        logger=r'neutron\.agent\.dhcp\.agent',
        service='dhcp-agent-.*',
    ),
    Allowance(
        r'(Encountered process execution error )?Exit code: \d+; Cmd: '
        r"\['ip', 'netns', 'exec', '(qdhcp|qrouter|snat|fip)-\S+', .*"
        r'Cannot open network namespace "(qdhcp|qrouter|snat|fip)-\S+": '
        r'No such file or directory.*',
        'An agent was at a network or router whose namespace it had taken '
        'away. A DHCP agent does so when its port is deleted, and starts the '
        'metadata proxy of the network whenever it hears of another port or '
        'subnet of it, before it hears that the network went as well.',
        logger=r'neutron\.agent\.(linux\.utils|metadata\.driver_base)',
        service='(dhcp|l3)-agent-.*',
    ),
    Allowance(
        r'error receiving data from \S+: File descriptor in bad state',
        'The device of a port went with its namespace, some moments before '
        'the port was taken off the switch.',
        logger='dpif_netdev',
        service='ovs-vswitchd-.*',
    ),
    Allowance(
        r'nova\.exception\.PortLimitExceeded: .*',
        'Nova logs the traceback of whatever keeps it from building a '
        'server, also that a project has as many ports as it may.',
        logger=r'(nova\.compute\.manager)?',
        service='nova-compute-.*',
    ),
    Allowance(
        '.*',
        'oslo.messaging says so of each connection that it makes again.',
        logger=r'oslo\.messaging\..*|amqp.*',
        while_away=_BROKER,
    ),
    Allowance(
        r'.*(MessagingTimeout|MessageDeliveryFailure|'
        r'kombu\.exceptions|amqp\.exceptions|ConnectionForced|'
        r'OSError: Server unexpectedly closed connection).*',
        'The broker was away, or whoever was to answer.',
        logger=_STOCK,
        while_away=f'{_BROKER}|{_DATABASE}|neutron-rpc-server-.*|'
        'nova-conductor-.*|nova-compute-.*',
    ),
    Allowance(
        r'.*(DBConnectionError|pymysql\.err\.OperationalError|'
        r'pymysql\.err\.InterfaceError).*',
        'The database was away.',
        while_away=_DATABASE,
    ),
    Allowance(
        r'.*RuntimeError: A dynamic interval looping call should supply '
        r'either an interval or periodic_interval_max.*',
        'A compute that is stopped ends its periodic tasks so (nova 34.0.0, '
        'oslo.service with threads).',
        logger=r'oslo\.service\.backend\._threading\.loopingcall',
        service='nova-compute-.*',
        while_away='nova-compute-.*',
    ),
    Allowance(
        r'.*DBConnectionError.*Connection refused.*',
        'The database of one cell was away: Nova asks all cells, and goes on '
        'without the one that does not answer.',
        logger=r'(nova\.context)?',
        service='nova-(api|scheduler|conductor)-CentralRegion',
        while_away='cell-database-.*',
    ),
    Allowance(
        r'.*ValidationError: Invalid input for field/attribute \d+\. Value: '
        r".*'status': 'UNKNOWN'.*",
        'A server of a cell that is away has fewer attributes than the schema '
        'of answers demands (nova 34.0.0); it is answered nevertheless.',
        logger=r'nova\.api\.validation',
        service='nova-api-CentralRegion',
        while_away='cell-database-.*',
    ),
    Allowance(
        r'.*nova\.exception\.NetworkNotFound: Network \S+ could not be '
        r'found\.',
        'With Nova above all regions a server was asked for in a zone that '
        "its network is not for. Nova's API asks central, where the network "
        'is; its compute asks the region.',
        logger=r'nova\.compute\.manager',
        service='nova-compute-.*',
    ),
    Allowance(
        r'.*Central Neutron did not answer.*',
        'Nova logs the traceback of whatever keeps it from building a '
        'server. Central was away, or had more to do than the machine can: '
        "the region's log has a line of it, and its caller a 503.",
        logger=r'(nova\..*)?',
        service='nova-.*',
    ),
    Allowance(
        r'.*(ConnectionFailed|ConnectFailure|EndpointNotFound|'
        r'keystoneauth1\.exceptions\.connection\.\w+|'
        r'GatewayTimeout|ServiceUnavailable).*',
        "Nova's or an agent's Neutron was away.",
        logger=_STOCK,
        service='nova-.*|metadata-agent-.*',
        while_away=_NEUTRON,
    ),
    Allowance(
        '.*',
        'The agent says in many ways that its switch is away, and of the '
        'monitor of its database that it has ended.',
        logger=r'(OfctlService|neutron\.agent\..*|'
        r'neutron\.plugins\.ml2\.drivers\.openvswitch\..*|'
        r'ovsdbapp\..*|os_ken\..*)?',
        service='(openvswitch|dhcp|l3)-agent-.*|nova-compute-.*',
        while_away=_SWITCH,
    ),
)


def unexplained(
    failures: Iterable[log_surprises.Failure],
    away: Sequence[outages.Outage],
    allowed: Sequence[Allowance] = ALLOWED,
) -> Iterator[log_surprises.Failure]:
    """Return the failures that no allowance explains.

    :param away: what was killed or stopped on purpose
    """
    for one in failures:
        if not any(other.explains(one, away) for other in allowed):
            yield one
