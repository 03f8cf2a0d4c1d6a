# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The volumes of an instance: files of a folder that it alone has.

A volume is a file on the same machine, and a disk is another name of it: what
is written to one is in the other, through restarts of everything. Inside the
instance the folder is on /mnt, see :meth:`lab.cloud.Lab.command_in`.
"""

from collections.abc import Iterable
import os
from pathlib import Path
import shutil
from typing import Any


class Disks:
    """Those of one instance.

    :param folder: made with the first disk
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attach(self, connection: Any, device: str) -> None:
        """Have a volume as a device; safe to repeat.

        :param connection: of Cinder, to a local path
        :param device: such as ``/dev/sdb``
        """
        volume = Path(connection['data']['device_path'])
        disk = self._disk(device)
        if disk.exists() and disk.samefile(volume):
            return
        self._folder.mkdir(exist_ok=True)
        disk.unlink(missing_ok=True)
        os.link(volume, disk)

    def attach_all(self, devices: Iterable[tuple[Any, str]]) -> None:
        """Have these volumes, and no others."""
        self.forget()
        for connection, device in devices:
            self.attach(connection, device)

    def detach(self, device: str) -> None:
        """Have a volume no more; safe to repeat."""
        self._disk(device).unlink(missing_ok=True)

    def forget(self) -> None:
        """Detach all of them; their data stays where the volumes are."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _disk(self, device: str) -> Path:
        return self._folder / Path(device).name
