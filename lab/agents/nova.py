# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m lab.agents.nova conductor|scheduler ...``, without a master."""

import importlib
import sys
from typing import Any


def main() -> Any:
    """Run the daemon until it is told to stop."""
    kind = sys.argv[1]
    sys.argv = [f'nova-{kind}', *sys.argv[2:]]
    module = importlib.import_module(f'nova.cmd.{kind}')
    from nova import service

    from lab.agents.in_process import InProcess

    running: list[InProcess] = []

    def serve(server: Any, workers: int | None = None) -> None:
        running.append(InProcess(server))

    service.serve = serve
    service.wait = lambda: running[0].wait()
    return module.main()


if __name__ == '__main__':
    sys.exit(main())
