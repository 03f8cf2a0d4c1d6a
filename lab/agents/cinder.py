# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m lab.agents.cinder scheduler|volume ...``, without a master."""

import importlib
import os
import sys
from typing import Any


def main() -> Any:
    """Run the daemon until it is told to stop."""
    kind = sys.argv[1]
    sys.argv = [f'cinder-{kind}', *sys.argv[2:]]
    # Threads, as everything else here.
    os.environ['OS_CINDER_DISABLE_EVENTLET_PATCHING'] = 'true'
    module = importlib.import_module(f'cinder.cmd.{kind}')
    from cinder import service

    from lab.agents.in_process import InProcess

    class Launcher:
        """What ``cinder-volume`` starts its backends with."""

        def launch_service(self, server: Any, workers: int = 1) -> None:
            self._running = InProcess(server)

        def wait(self) -> None:
            self._running.wait()

    launcher = Launcher()
    service.process_launcher = lambda: launcher
    service.serve = launcher.launch_service
    service.wait = launcher.wait
    return module.main()


if __name__ == '__main__':
    sys.exit(main())
