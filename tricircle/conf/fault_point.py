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
the nth time it reaches that point, as a power cut would. ``@path`` stands for
what is in that file at the time, so that a test can arm a point while the
process runs; the file is removed by the death, which is therefore the only
one. Without the variable, :func:`reach` is a comparison with None.
"""

import contextlib
import os
import pathlib
import signal
import threading

VARIABLE = 'TRICIRCLE_FAULT_POINT'


def _file(text: str | None) -> pathlib.Path | None:
    return pathlib.Path(text[1:]) if text and text.startswith('@') else None


_TEXT = os.environ.get(VARIABLE) or None
_FILE = _file(_TEXT)
_lock = threading.Lock()
_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Die here if the test armed this point; else do nothing.

    :param name: dotted name of the step just completed, such as
        ``local.port.allocated``
    """
    if _TEXT is None:
        return
    armed = _TEXT
    if _FILE is not None:
        try:
            armed = _FILE.read_text()
        except FileNotFoundError:
            return
    point, _, nth = armed.partition(':')
    if point != name:
        return
    with _lock:
        _reached[armed] = _reached.get(armed, 0) + 1
        if _reached[armed] == int(nth or 1):
            if _FILE is not None:
                with contextlib.suppress(FileNotFoundError):
                    _FILE.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
