# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The stock client, with the commands of the operator."""

import json
import subprocess
from typing import Any

from lab import bootstrap
from lab import cloud
from lab import layout as layouts
from lab import topology as topologies


def run(
    lab: cloud.Lab, *words: str, seconds: float = 120.0
) -> tuple[int, Any]:
    """Run a command of ``openstack multiregion networking`` that shows.

    :param seconds: it may take
    :returns: its exit code, and what it prints as JSON; its errors, when it
        prints nothing
    """
    code, text, errors = _run(lab, *words, '-f', 'json', seconds=seconds)
    return code, json.loads(text) if text else errors


def do(lab: cloud.Lab, *words: str) -> tuple[int, str]:
    """Run one that shows nothing.

    :returns: its exit code, and its errors
    """
    code, _text, errors = _run(lab, *words)
    return code, errors


def command(*words: str) -> list[str]:
    """Return what runs a command of ``openstack multiregion networking``."""
    return ['openstack', 'multiregion', 'networking', *words]


def environment(lab: cloud.Lab) -> dict[str, str]:
    """Return the environment of the administrator's shell."""
    return {
        **layouts.environment(),
        **lab.openrc(topologies.CENTRAL, bootstrap.ADMIN, bootstrap.ADMIN),
    }


def _run(
    lab: cloud.Lab, *words: str, seconds: float = 120.0
) -> tuple[int, str, str]:
    done = subprocess.run(
        command(*words),
        env=environment(lab),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr
