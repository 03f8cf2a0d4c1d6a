# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Who holds a lease of a region, with processes in containers."""

import os
import shutil
import subprocess
import sys

import pytest

from tricircle.local.process import holder

_NAMESPACE = ('unshare', '--pid', '--fork', '--kill-child')
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which('unshare') is None,
    reason='namespaces of process IDs are made by root, with unshare',
)


def in_container(script: str, *options: str) -> 'subprocess.Popen[str]':
    """Run a script in a namespace of process IDs of its own."""
    return subprocess.Popen(
        [
            *_NAMESPACE,
            *options,
            sys.executable,
            '-c',
            f'from tricircle.local import holder\n{script}',
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize('options', [(), ('--mount-proc',)])
def test_workers_in_containers_of_one_host_name_do_not_take_leases(
    options: tuple[str, ...],
) -> None:
    with in_container(
        'print(holder.me(), flush=True)\ninput()', *options
    ) as first:
        assert first.stdout is not None
        name = first.stdout.readline().strip()
        with in_container(f'print(holder.is_gone({name!r}))', *options) as two:
            second, _errors = two.communicate()
        here = holder.is_gone(name)
        first.communicate('\n')

    assert (second.strip(), here) == ('False', False)
