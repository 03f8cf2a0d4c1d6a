# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fault points: where a test may kill the process.

A functional test starts a process with ``TRICIRCLE_FAULT_POINT=name`` or
``name:nth`` in its environment; the process then kills itself with SIGKILL
the nth time it reaches that point, as a power cut would. Without the
variable, :func:`reach` is a comparison with None.
"""

import os
import signal
import threading

VARIABLE = 'TRICIRCLE_FAULT_POINT'


def _parse(text: str | None) -> tuple[str | None, int]:
    if not text:
        return None, 0
    name, _, nth = text.partition(':')
    return name, int(nth or 1)


_ARMED, _NTH = _parse(os.environ.get(VARIABLE))
_lock = threading.Lock()
_reached = 0


def reach(name: str) -> None:
    """Die here if the test armed this point; else do nothing.

    :param name: dotted name of the step just completed, such as
        ``local.port.allocated``
    """
    if _ARMED is None or name != _ARMED:
        return
    global _reached
    with _lock:
        _reached += 1
        if _reached == _NTH:
            os.kill(os.getpid(), signal.SIGKILL)
