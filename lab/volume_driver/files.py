# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Volumes and snapshots as files of a folder.

A file has the size of its volume from the beginning, and takes the room of
what was written to it. Copies keep the holes.
"""

import os
from pathlib import Path
import subprocess

GIB = 1024**3


class Files:
    """The files of one region's block storage.

    :param folder: where they are
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Return where the file of a volume or a snapshot is."""
        return self._folder / name

    def make(self, name: str, size: int) -> None:
        """Make an empty volume.

        :param size: in GiB
        """
        with self.path(name).open('xb') as file:
            file.truncate(size * GIB)

    def copy(self, source: str, name: str, size: int) -> None:
        """Make a volume or a snapshot that has what another has.

        :param size: in GiB, not less than that of the source
        """
        subprocess.run(
            [
                *('cp', '--sparse=always', '--reflink=auto'),
                *(str(self.path(source)), str(self.path(name))),
            ],
            check=True,
            capture_output=True,
        )
        self.resize(name, size)

    def resize(self, name: str, size: int) -> None:
        """Give a volume its size, whatever was done to its file.

        A guest that writes beyond the end of a device is told so, but one
        that does with a file makes it longer, or shorter with ``>``.

        :param size: in GiB
        """
        os.truncate(self.path(name), size * GIB)

    def take_back(self, source: str, name: str, size: int) -> None:
        """Write what a snapshot has into its volume, in the same file.

        :param size: in GiB
        """
        target = self.path(name)
        os.truncate(target, 0)
        subprocess.run(
            [
                *('dd', f'if={self.path(source)}', f'of={target}', 'bs=1M'),
                *('conv=sparse,notrunc', 'status=none'),
            ],
            check=True,
            capture_output=True,
        )
        self.resize(name, size)

    def remove(self, name: str) -> None:
        """Remove a volume or a snapshot; safe to repeat."""
        self.path(name).unlink(missing_ok=True)
