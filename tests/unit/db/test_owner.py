# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import os
import signal
import subprocess
import sys

import pytest

from tricircle.db import owner


def test_the_running_process_is_itself_and_alive():
    this = owner.this_process('node1:8')

    assert owner.read(str(this)) == this
    assert this.pid == os.getpid()
    assert this.started > 0
    assert not this.is_dead
    assert len(str(this)) < 255


def other_process() -> tuple[subprocess.Popen[str], owner.Owner]:
    """Start a process that says who it is, and waits."""
    running = subprocess.Popen(
        [
            sys.executable,
            '-c',
            'from tricircle.db import owner\n'
            "print(owner.this_process('node1'), flush=True)\n"
            'input()',
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    found = owner.read(running.stdout.readline().strip())
    assert found is not None
    return running, found


@pytest.mark.parametrize('reaped', [True, False])
def test_a_process_that_was_killed_is_dead(reaped):
    running, other = other_process()
    with running:
        assert other.pid == running.pid
        assert not other.is_dead
        assert other != owner.this_process('node1')

        running.send_signal(signal.SIGKILL)
        if reaped:
            running.wait()
        else:
            os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)

        assert other.is_dead


def test_another_process_that_got_the_same_id_is_not_it():
    this = owner.this_process('node1')

    assert owner.Owner('node1', this.machine, this.pid, 1).is_dead


@pytest.mark.parametrize('machine', ['', 'another', 'unknown.0'])
def test_what_runs_on_another_machine_may_well_live(machine):
    # As in a container, whose processes have IDs of their own.
    running, other = other_process()
    with running:
        running.kill()
        running.wait()

        assert not owner.Owner(
            other.name, machine, other.pid, other.started
        ).is_dead


def test_each_hold_is_another_and_of_this_process():
    holds = {owner.hold() for _ in range(3)}

    assert len(holds) == 3
    assert {owner.read(one).pid for one in holds} == {os.getpid()}
    assert not any(owner.is_dead(one) for one in holds)


@pytest.mark.parametrize('hold', ['', '/7'])
def test_who_is_dead_is_told_by_a_process_and_by_each_of_its_holds(hold):
    this = owner.this_process('node1/a')
    former = owner.Owner(this.name, this.machine, this.pid, 1)

    assert owner.is_dead(f'{former}{hold}')
    assert not owner.is_dead(f'{this}{hold}')


@pytest.mark.parametrize('text', ['', 'node1', 'node1:0a1b2c3d', 'a:b:c:d'])
def test_what_has_another_form_is_nobody(text):
    assert owner.read(text) is None
    assert not owner.is_dead(text)


def test_whom_the_process_table_does_not_show_is_not_dead(
    tmp_path, monkeypatch
):
    # In a namespace of its own that sees the process table of another.
    monkeypatch.setattr(owner, '_PROC', tmp_path)
    (tmp_path / 'self').symlink_to('4711')

    this = owner.this_process('node1')

    assert this.machine.startswith('unknown.')
    assert not this.is_dead
