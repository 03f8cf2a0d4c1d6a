# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The ground a test cloud stands on: a folder, ports, and a sure end."""

import contextlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import types
from typing import Self
import uuid

from tests.functional.cloud import forks
from tests.functional.cloud import ports
from tests.functional.cloud import reaper

ROOT = Path(__file__).resolve().parents[3]
# The programs of the environment the tests themselves run in.
BIN = Path(sys.executable).parent

_MARKER = 'TRICIRCLE_TEST_SESSION'
_KEEP_LOGS = 'TRICIRCLE_KEEP_LOGS'
_SHM = Path('/dev/shm')
_SHM_NEEDED = 2 << 30

# Variables of the caller that would make the processes behave differently
# from machine to machine, or slow.
_UNWANTED = (
    'PYTHONDONTWRITEBYTECODE',
    'PYTHONPATH',
    'PYTHONWARNINGS',
    'OS_NEUTRON_CONFIG_DIR',
    'OS_NEUTRON_CONFIG_FILES',
    'TRICIRCLE_FAULT_POINT',
    _MARKER,
)


def _base_directory() -> Path:
    # A database on tmpfs is several times as fast as one on disk.
    with contextlib.suppress(OSError):
        if shutil.disk_usage(_SHM).free > _SHM_NEEDED:
            return _SHM
    return Path(tempfile.gettempdir())


class Workspace:
    """A temporary folder, ports and processes that end with the session.

    Processes started with :meth:`environment` are killed, and the folder is
    removed, by :meth:`close`, or by a watching process when the test process
    ends without calling it.
    """

    def __init__(self) -> None:
        self._token = uuid.uuid4().hex
        self.path = Path(
            tempfile.mkdtemp(prefix='tricircle-test-', dir=_base_directory())
        )
        self.logs = self.path / 'logs'
        self.logs.mkdir()
        self.ports = ports.PortReservations()
        self._reaper = subprocess.Popen(
            [
                sys.executable,
                '-ISB',
                reaper.__file__,
                f'{_MARKER}={self._token}',
                str(self.path),
            ],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={},
        )

    def environment(self) -> dict[str, str]:
        """Return the environment that every process of the cloud gets."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in _UNWANTED and not name.lower().endswith('_proxy')
        }
        return {
            **kept,
            _MARKER: self._token,
            # setproctitle writes over the environment, where the reaper
            # looks for the marker, unless told not to.
            'SPT_NOENV': '1',
            'PYTHONUNBUFFERED': '1',
            # The code beside the tests, not that of another checkout whose
            # environment they run in.
            'PYTHONPATH': str(ROOT),
            'PATH': f'{BIN}:{os.environ.get("PATH", os.defpath)}:/usr/sbin',
        }

    def directory(self, name: str) -> Path:
        """Return a folder of this name, made if it is not there yet."""
        path = self.path / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def warm_parent(self, module: str) -> forks.WarmParent:
        """Return the process that has imported a module for others.

        Workspaces share it, and it outlives them; its forks do not. It is
        started when there is none yet, and not waited for.
        """
        return forks.parent_with(module, self.environment(), _MARKER)

    def close(self) -> None:
        """Kill all that was started here and remove the folder."""
        if self._reaper.stdin is None or self._reaper.stdin.closed:
            return
        keep = os.environ.get(_KEEP_LOGS)
        if keep:
            shutil.copytree(self.logs, keep, dirs_exist_ok=True)
        self._reaper.stdin.close()
        self._reaper.wait(timeout=30)
        self.ports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.close()
