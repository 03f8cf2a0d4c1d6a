# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``neutron-rpc-server`` and ``neutron-periodic-workers`` in one process."""

# The backend must be chosen before anything imports oslo_service.service, as
# all that follows does.
# ruff: noqa: E402

import sys
from typing import Any

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from neutron import manager
from neutron import server
from neutron import service
from neutron.api import extensions
from neutron_lib.api import attributes
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from oslo_service import service as oslo_service

from lab.agents.in_process import InProcess

READY = 'RPC server ready'


class _Launcher:
    """Starts what Neutron would give to workers of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def launch_service(self, one: Any, workers: int = 1) -> None:
        one.set_proctitle = 'off'
        one.start()

    def wait(self) -> None:
        """The process waits, not its launchers."""

    def stop(self) -> None:
        """The process ends as a whole."""


def main() -> None:
    """Run until told to stop."""
    for module in (oslo_service, service.common_service):
        for name in ('ProcessLauncher', 'ServiceLauncher', 'Launcher'):
            setattr(module, name, _Launcher)
    manager.init()
    extensions.PluginAwareExtensionManager.get_instance().extend_resources(
        '2.0', attributes.RESOURCES
    )
    service._start_workers(
        [
            *service._get_rpc_workers(),
            *service._prepare_periodic_workers(service._get_plugins_workers()),
        ]
    )
    registry.publish(resources.PROCESS, events.AFTER_SPAWN, None)
    print(READY, flush=True)
    InProcess().wait()


if __name__ == '__main__':
    server.boot_server(main, prog='neutron-rpc-server')
    sys.exit(0)
