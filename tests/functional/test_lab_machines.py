# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What runs in a machine of the lab ends with it, wherever it hides."""

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess

import pytest

from lab import layout as layouts
from lab import machines

#: No host of any topology that is shipped: a lab may be up.
NAME = 'tstmach'


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[machines.Machine]:
    if os.geteuid() != 0:
        pytest.skip('needs root, for namespaces')
    one = machines.Machine(NAME, layouts.Layout(tmp_path / 'lab'))
    one.up()
    try:
        yield one
    finally:
        one.end_processes()
        one.down()
        assert one.processes() == []


def in_instance(machine: machines.Machine) -> int:
    """Start what lives in a namespace of an instance; return its PID."""
    if 'vm-one' not in machine.run('ip netns'):
        machine.run('ip netns add vm-one')
    process = subprocess.Popen(
        machine.command(
            'ip netns exec vm-one sh -c "echo works; sleep 300; :"'
        ),
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == 'works\n'
    return process.pid


def test_what_runs_in_an_instance_is_found_and_ended(
    machine: machines.Machine,
) -> None:
    pid = in_instance(machine)
    # The shell, and what it waits for.
    assert pid in machine.processes()
    assert machine.pid in machine.processes()
    machine.end_processes()
    assert machine.processes() == [machine.pid]


def test_what_was_orphaned_earlier_is_found_and_ended(
    machine: machines.Machine,
) -> None:
    pid = in_instance(machine)
    machine.down()
    assert machine.pid is None
    assert pid in machine.processes()
    # Beside those of the machine that took the place.
    machine.up()
    new = in_instance(machine)
    assert {pid, new, machine.pid} <= set(machine.processes())
    machine.end_processes()
    assert machine.processes() == [machine.pid]


def test_the_same_machine_of_another_lab_is_left_alone(
    machine: machines.Machine, tmp_path: Path
) -> None:
    pid = in_instance(machine)
    other = machines.Machine(NAME, layouts.Layout(tmp_path / 'other'))
    assert other.processes() == []
    assert other.taken
    assert not machine.taken
    other.end_processes()
    other.down()
    with pytest.raises(machines.MachineError, match='another lab has'):
        other.up()
    assert {pid, machine.pid} <= set(machine.processes())
    machine.run('true')


def test_another_machine_is_left_alone(
    machine: machines.Machine, tmp_path: Path
) -> None:
    other = machines.Machine('tstothr', layouts.Layout(tmp_path / 'lab'))
    other.up()
    try:
        pid = in_instance(other)
        assert pid not in machine.processes()
        machine.end_processes()
        assert pid in other.processes()
    finally:
        other.end_processes()
        other.down()
    assert other.processes() == []
