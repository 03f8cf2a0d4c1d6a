# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Services of oslo.service in this very process.

Neutron's daemons come as a master and its workers, two to four processes of
more than 100 MB each. A lab wants each of them once.
"""

import os
import signal
import threading
from typing import Any


class InProcess:
    """Takes the place of a launcher: starts services, waits for SIGTERM."""

    def __init__(self, *services: Any) -> None:
        self._services = list(services)
        self._event = threading.Event()
        owner = os.getpid()

        def terminate(*_args: Any) -> None:
            # Forked helpers of pyroute2 inherit the handler.
            if os.getpid() != owner:
                os._exit(0)
            self._event.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, terminate)
        for one in self._services:
            one.start()

    def wait(self) -> None:
        """Work until told to stop; does not return."""
        self._event.wait()
        for one in self._services:
            one.stop()
        os._exit(0)
