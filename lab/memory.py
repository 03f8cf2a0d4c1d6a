# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The memory that processes take."""

from pathlib import Path


def proportional(pid: int) -> int:
    """Return the proportional set size of a process and its children.

    What several processes share is divided between them.

    :return: MiB; 0 when there is no such process
    """
    return _total(pid, 'Pss:')


def resident(pid: int) -> int:
    """Return the resident set size of a process and its children.

    :return: MiB; 0 when there is no such process
    """
    return _total(pid, 'Rss:')


def _total(pid: int, what: str) -> int:
    total = 0
    pending = [pid]
    while pending:
        one = pending.pop()
        try:
            children = Path(f'/proc/{one}/task/{one}/children').read_text()
            rollup = Path(f'/proc/{one}/smaps_rollup').read_text()
        except OSError:
            continue
        pending += [int(child) for child in children.split()]
        for line in rollup.splitlines():
            if line.startswith(what):
                total += int(line.split()[1])
    return total // 1024
