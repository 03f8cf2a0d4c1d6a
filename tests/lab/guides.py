# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The commands of a guide, as a reader would type them."""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import re
import signal
import subprocess

from lab import layout as layouts

_BLOCK = re.compile(r'^( *)\.\. code-block:: console$')
_PROMPT = re.compile(r'^[$#] ')
DOCUMENTS = layouts.ROOT / 'doc' / 'source'
#: Begins the line that tells which command comes.
_MARK = 'guide: '


class GuideFailed(Exception):
    """A command of a guide failed; the text names it, with its output."""


def commands(page: Path) -> list[str]:
    """Return the commands of a page's console blocks, in their order.

    A command begins after the prompt of a user ($) or of root (#), and goes
    on after a backslash at the end of a line. Other lines are output.
    """
    found: list[str] = []
    indent: int | None = None
    goes_on = False
    for line in page.read_text().splitlines():
        begins = _BLOCK.match(line)
        if begins:
            indent = len(begins[1])
            continue
        if indent is None or not line.strip():
            continue
        if len(line) - len(line.lstrip()) <= indent:
            indent = None
            continue
        text = line.strip()
        if goes_on:
            found[-1] += '\n' + text
        elif _PROMPT.match(text):
            found.append(text[2:])
        else:
            continue
        goes_on = text.endswith('\\')
    return found


def execute(page: str, environment: Mapping[str, str]) -> str:
    """Execute the commands of a page; return what they print.

    :param page: its path below doc/source
    :param environment: of the reader's shell
    :raises GuideFailed: when one fails
    """
    return run(page, commands(DOCUMENTS / page), environment)


def run(
    page: str,
    wanted: Sequence[str],
    environment: Mapping[str, str],
    seconds: float = 240.0,
) -> str:
    """Execute commands in one shell, as a reader would at the checkout.

    :param page: for messages
    :param environment: of the shell
    :param seconds: that all of them may take
    :raises GuideFailed: when one fails, or does not end; none after it is
        executed
    """
    script = 'set -euo pipefail\n'
    for number, command in enumerate(wanted):
        script += f"echo '{_MARK}{number}'\n{command}\n"
    with subprocess.Popen(
        # Not by standard input, which the commands would read.
        ['bash', '-c', script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=layouts.ROOT,
        env=dict(environment),
        # So that what it runs can be ended with it.
        start_new_session=True,
    ) as shell:
        try:
            said = shell.communicate(timeout=seconds)[0]
            end = f'ended with {shell.returncode}'
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            said = shell.communicate()[0]
            end = f'did not end within {seconds:.0f} s of the guide'
    if shell.returncode:
        last = said.rpartition(_MARK)[2]
        number = int(last.partition('\n')[0])
        raise GuideFailed(f'{page}: {wanted[number]}\n{end}:\n{last}')
    assert said.count(_MARK) == len(wanted), said
    return said
