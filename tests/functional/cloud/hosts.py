# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Hosts of a region that have no agents, only what those would report."""

import contextlib
import datetime
import io
import json
import os
import subprocess
import sys
import threading
from typing import Any, BinaryIO
import uuid

from tests.functional.cloud import configuration
from tests.functional.cloud import forks
from tests.functional.cloud import mariadb
from tests.functional.cloud import neutron
from tests.functional.cloud import process
from tests.functional.cloud import roles

OVS_AGENT = 'Open vSwitch agent'
DHCP_AGENT = 'DHCP agent'
L3_AGENT = 'L3 agent'

# A heartbeat that no agent_down_time can make old.
_ALWAYS = datetime.datetime(2099, 1, 1)

_BINARIES = {
    OVS_AGENT: ('neutron-openvswitch-agent', 'N/A'),
    DHCP_AGENT: ('neutron-dhcp-agent', 'dhcp_agent'),
    L3_AGENT: ('neutron-l3-agent', 'l3_agent'),
}


class Hosts:
    """The agents of a region, as rows in its database.

    That is where ML2 and the schedulers look for agents; rows written by
    hand save the broker and the agents that would write them.
    """

    def __init__(self, database: mariadb.Database) -> None:
        self._database = database

    def add(
        self,
        host: str,
        tunnel_ip: str | None = None,
        agent_type: str = OVS_AGENT,
        **configurations: object,
    ) -> str:
        """Add a living agent, or bring it back, and return its ID."""
        if agent_type == OVS_AGENT:
            configurations = {
                'tunneling_ip': tunnel_ip,
                'tunnel_types': ['vxlan'],
                'bridge_mappings': roles.bridge_mappings(),
                'l2_population': True,
                'arp_responder_enabled': True,
                'datapath_type': 'netdev',
                'extensions': [],
                **configurations,
            }
        elif agent_type == L3_AGENT:
            configurations = {
                'agent_mode': 'legacy',
                'handle_internal_only_routers': True,
                'external_network_bridge': '',
                'interface_driver': 'openvswitch',
                **configurations,
            }
        binary, topic = _BINARIES[agent_type]
        self._database.execute(
            'INSERT INTO agents (id, agent_type, `binary`, topic, host,'
            ' availability_zone, admin_state_up, created_at, started_at,'
            ' heartbeat_timestamp, configurations, `load`)'
            " VALUES (%s, %s, %s, %s, %s, 'nova', 1, UTC_TIMESTAMP(),"
            ' UTC_TIMESTAMP(), %s, %s, 0) ON DUPLICATE KEY UPDATE'
            ' heartbeat_timestamp = VALUES(heartbeat_timestamp),'
            ' configurations = VALUES(configurations)',
            str(uuid.uuid4()),
            agent_type,
            binary,
            topic,
            host,
            _ALWAYS,
            json.dumps(configurations),
        )
        return str(self.row(host, agent_type)['id'])

    def row(self, host: str, agent_type: str = OVS_AGENT) -> mariadb.Row:
        """Return an agent's row; LookupError when there is none."""
        rows = self._database.query(
            'SELECT * FROM agents WHERE host=%s AND agent_type=%s',
            host,
            agent_type,
        )
        if not rows:
            raise LookupError('no %s on %s' % (agent_type, host))
        return rows[0]

    def configurations(
        self, host: str, agent_type: str = OVS_AGENT
    ) -> dict[str, Any]:
        """Return what an agent reports of itself."""
        return dict(json.loads(self.row(host, agent_type)['configurations']))

    def names(self, agent_type: str = OVS_AGENT) -> list[str]:
        """Return all hosts with such an agent, shadow agents included."""
        rows = self._database.query(
            'SELECT host FROM agents WHERE agent_type=%s ORDER BY host',
            agent_type,
        )
        return [str(row['host']) for row in rows]

    def die(self, host: str, agent_type: str = OVS_AGENT) -> None:
        """Make an agent one that has not reported for an hour."""
        self._database.execute(
            'UPDATE agents SET heartbeat_timestamp ='
            ' UTC_TIMESTAMP() - INTERVAL 1 HOUR'
            ' WHERE host=%s AND agent_type=%s',
            host,
            agent_type,
        )

    def refresh(self, host: str, agent_type: str = OVS_AGENT) -> None:
        """Make an agent alive, for ever."""
        self._database.execute(
            'UPDATE agents SET heartbeat_timestamp = %s'
            ' WHERE host=%s AND agent_type=%s',
            _ALWAYS,
            host,
            agent_type,
        )

    def remove(self, host: str, agent_type: str = OVS_AGENT) -> None:
        """Remove an agent."""
        self._database.execute(
            'DELETE FROM agents WHERE host=%s AND agent_type=%s',
            host,
            agent_type,
        )


class AgentRpcError(Exception):
    """The server's answer to an agent's call was an exception."""


class AgentRpc(process.Process):
    """What a region's neutron-rpc-server does, for agents without a broker.

    A process with the region's configuration that runs the real RPC worker
    and the agents' own client classes over oslo.messaging's in-memory
    driver. It takes one command a line; see
    :mod:`tests.functional.cloud.agent_rpc`.
    """

    warm = neutron.NeutronProcess.warm

    def __init__(self, region: neutron.NeutronProcess) -> None:
        name = f'{region.name}-agent-rpc'
        own = region.workspace.directory(name) / 'agent-rpc.conf'
        # Its statements are not to be counted as the API's.
        database = region.database.for_user(name.replace('-', '_').lower())
        configuration.write(own, {'database': {'connection': database.url}})
        super().__init__(
            region.workspace,
            name,
            [
                sys.executable,
                '-m',
                'tests.functional.cloud.agent_rpc',
                '--config-file',
                str(region.config_file),
                '--config-file',
                str(own),
            ],
        )
        self._calls = threading.Lock()
        self._commands: BinaryIO = io.BytesIO()
        self._answers: BinaryIO = io.BytesIO()

    def _launch(
        self, values: dict[str, str]
    ) -> 'subprocess.Popen[bytes] | forks.Fork':
        self._hang_up()
        # Its ends are the process's alone, so each side hears when the
        # other one is gone.
        commands, ours = os.pipe()
        self._commands = open(ours, 'wb')
        ours, answers = os.pipe()
        self._answers = open(ours, 'rb')
        try:
            with self.log_path.open('ab') as log:
                return self._execute(values, (commands, answers, log.fileno()))
        finally:
            os.close(commands)
            os.close(answers)

    def _hang_up(self) -> None:
        for end in (self._commands, self._answers):
            # What was not sent yet is for a process that is dead.
            with contextlib.suppress(OSError):
                end.close()

    def _ready(self, seconds: float) -> bool:
        return self._read().get('ready') is True

    def _read(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise self._failure('ended')
        return dict(json.loads(line))

    def call(self, command: str, **arguments: object) -> Any:
        """Run one command and return its result; starts what it needs."""
        with self._calls:
            if not self.alive:
                self.start()
            line = json.dumps({'command': command, **arguments})
            self._commands.write(line.encode() + b'\n')
            self._commands.flush()
            answer = self._read()
        if 'error' in answer:
            raise AgentRpcError(answer['error'])
        return answer['result']

    def stop(self, seconds: float = 5.0) -> None:
        self._hang_up()
        super().stop(seconds)
