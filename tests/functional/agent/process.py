# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The agent of a machine, in a process that the test speaks to."""

import json
import subprocess
import sys
from typing import Any

from tests.functional.agent import switches


class AgentProcess:
    """One agent, see :mod:`tests.functional.agent.agent`.

    :param module: what the process runs.
    """

    def __init__(
        self, scene: switches.Switches, machine: str, module: str
    ) -> None:
        self.scene = scene
        self.machine = machine
        self._module = module
        self._name = f'agent-{machine}'
        self._process: subprocess.Popen[str] | None = None

    def start(self, guard: dict[str, Any], **more: Any) -> None:
        """Start it, and do not wait until it has.

        :param guard: options of the guard.
        """
        self._process = self.scene.start(
            self._name,
            self.machine,
            f'{sys.executable} -m {self._module}',
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        database = self.scene.database(self.machine)
        self._write({'database': database, 'guard': guard, **more})

    def _write(self, what: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + '\n')
        self._process.stdin.flush()

    def call(self, name: str, **arguments: Any) -> None:
        """Have the agent do something; fails when it does."""
        self._write((name, arguments))
        assert self._process is not None
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        assert told, self.log()[-3000:]
        assert json.loads(told) == 'done', json.loads(told)

    def log(self) -> str:
        return self.scene.log(self._name)

    def kill(self) -> None:
        self.scene.stop(self._name, kill=True)
