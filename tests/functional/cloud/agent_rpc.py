# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The RPC side of a Neutron, with agents' calls given on standard input.

Run as a program with ``--config-file``. It boots the plugins as
neutron-rpc-server does and runs Neutron's own RPC worker. Both ends of the
in-memory transport are in this process: a command makes the call that an
agent makes, with the agent's own client class, and it goes through
oslo.messaging to the real server endpoint.

Each line in is a JSON object with ``command`` and its arguments; each line
out is one with ``result`` or ``error``.
"""

# Before anything that would import oslo_service's default backend.
from oslo_service import backend as oslo_service_backend

oslo_service_backend.init_backend(oslo_service_backend.BackendType.THREADING)

# ruff: noqa: E402
from collections.abc import Callable, Mapping
import datetime
import json
import os
import sys
from typing import Any, TextIO

from neutron import manager
from neutron import server
from neutron import service
from neutron.agent import rpc as agent_client
from neutron.agent.dhcp import agent as dhcp_agent
from neutron.api import extensions
from neutron.conf.agent import common as agent_options
from neutron_lib import context as neutron_context
from neutron_lib import rpc as n_rpc
from neutron_lib.agent import topics
from neutron_lib.api import attributes
from neutron_lib.plugins import directory
from oslo_config import cfg
import oslo_messaging

_TIMEOUT = 60


class AgentCalls:
    """The commands: what agents say to their Neutron."""

    def __init__(self) -> None:
        self._context = neutron_context.get_admin_context_without_session()
        self._plugin = agent_client.PluginApi(topics.PLUGIN)
        self._reports = agent_client.PluginReportStateAPI(topics.REPORTS)

    def up(self, port: str, host: str) -> Any:
        """Say that an OVS agent has wired a port."""
        return self._plugin.update_device_up(
            self._context, port, f'ovs-agent-{host}', host
        )

    def down(self, port: str, host: str) -> Any:
        """Say that an OVS agent no longer has a port."""
        return self._plugin.update_device_down(
            self._context, port, f'ovs-agent-{host}', host
        )

    def details(self, port: str, host: str) -> Any:
        """Ask for what an OVS agent needs to wire a port."""
        return self._plugin.get_device_details(
            self._context, port, f'ovs-agent-{host}', host
        )

    def report_state(self, state: dict[str, Any]) -> Any:
        """Report an agent's state, as every half minute."""
        state.setdefault('start_flag', True)
        return self._reports.report_state(self._context, state, use_call=True)

    def dhcp(self, method: str, host: str, arguments: dict[str, Any]) -> Any:
        """Call a method of the DHCP agent's client."""
        client = dhcp_agent.DhcpPluginApi(topics.PLUGIN, host)
        return getattr(client, method)(**arguments)

    def call(
        self,
        method: str,
        arguments: dict[str, Any],
        version: str = '1.0',
        topic: str = topics.PLUGIN,
        namespace: str | None = None,
    ) -> Any:
        """Call any method of a server endpoint."""
        target = oslo_messaging.Target(
            topic=topic, version=version, namespace=namespace
        )
        client = n_rpc.get_client(target)
        return client.prepare(timeout=_TIMEOUT).call(
            self._context, method, **arguments
        )


def _plain(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if hasattr(value, 'to_dict'):
        return value.to_dict()
    # What the DHCP agent's client returns are dictionaries with attributes.
    return dict(value) if isinstance(value, Mapping) else str(value)


def _serve(answers: TextIO) -> None:
    manager.init()
    extensions.PluginAwareExtensionManager.get_instance().extend_resources(
        '2.0', attributes.RESOURCES
    )
    worker = service.RpcWorker(
        list(directory.get_unique_plugins()), worker_process_count=0
    )
    worker.start()
    # An agent has them, a server does not.
    agent_options.register_agent_state_opts_helper(cfg.CONF)
    calls = AgentCalls()

    def answer(**line: object) -> None:
        print(json.dumps(line, default=_plain), file=answers, flush=True)

    answer(ready=True)
    for line in sys.stdin:
        arguments = json.loads(line)
        command: Callable[..., Any] = getattr(calls, arguments.pop('command'))
        try:
            answer(result=command(**arguments))
        except Exception as error:
            answer(error=f'{type(error).__name__}: {error}')


def main() -> None:
    """Run until standard input ends."""
    # Whatever prints must not end up between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), 'w')
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server.boot_server(lambda: _serve(answers), prog='neutron-agent-rpc')
    # Threads of the messaging library would keep the process.
    os._exit(0)


if __name__ == '__main__':
    main()
