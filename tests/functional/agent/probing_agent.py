# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An agent that has tunnels and no wires, in a process of its own."""

import threading
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from tests.functional.agent import agent


class ProbingAgent(agent.Agent):
    """What the commands do."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        cfg.CONF.set_override('local_ip', options['local_ip'], 'OVS')
        self.api.br_phys.clear()
        cfg.CONF.set_override('use_stderr', True)
        logging.setup(cfg.CONF, 'neutron')

    def connect(self) -> None:
        self.api.br_tun.set_secure_mode()
        self.api.br_tun.setup_controllers(cfg.CONF)
        # As Neutron's tables do with a VNI that no network has.
        self.api.br_tun.install_drop()


if __name__ == '__main__':
    threading.current_thread().name = 'agent'
    agent.main(ProbingAgent)
