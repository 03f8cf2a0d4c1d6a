# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a recording was made of: it holds until that changes."""

from collections.abc import Iterable
import hashlib
from pathlib import Path
import sys


def of(paths: Iterable[Path]) -> str:
    """Return the hash of files, by their names and contents."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def python() -> str:
    """Return the version of Python, some of whose messages tests compare."""
    return '%d.%d' % sys.version_info[:2]
