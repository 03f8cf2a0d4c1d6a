# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m lab.agents openvswitch|l3|dhcp|metadata ...``: one agent.

The agent is stock. What differs: privileged calls are made in this process
(the lab runs as root, a privsep daemon would be a second process), and there
is no master process.
"""

import importlib
import sys
from typing import Any

_MODULES = {
    'openvswitch': 'neutron.cmd.agents.ovs_neutron_agent',
    'l3': 'neutron.cmd.agents.l3',
    'dhcp': 'neutron.cmd.agents.dhcp',
    'metadata': 'neutron.cmd.agents.metadata',
}


def _privileged_here() -> None:
    from neutron import privileged
    from oslo_privsep import priv_context

    for one in vars(privileged).values():
        if isinstance(one, priv_context.PrivContext):
            one.set_client_mode(False)


def _without_master() -> None:
    from oslo_service import service

    from lab.agents.in_process import InProcess

    def launch(
        conf: Any,
        one: Any,
        workers: int = 1,
        restart_method: Any = None,
        **more: Any,
    ) -> InProcess:
        return InProcess(one)

    service.launch = launch


def main() -> Any:
    """Run an agent until it is told to stop."""
    kind = sys.argv[1]
    sys.argv = [f'neutron-{kind}-agent', *sys.argv[2:]]
    module = importlib.import_module(_MODULES[kind])
    _privileged_here()
    if kind in ('l3', 'dhcp'):
        _without_master()
    return module.main()


if __name__ == '__main__':
    sys.exit(main())
