# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is said of a machine on which no lab can be brought up."""

from collections.abc import Mapping
import os
from pathlib import Path
import re
import types

import pytest

from lab import checks
from lab import cli
from lab import cloud
from lab import layout as layouts
from lab import links
from lab import machines
from tests.unit.lab import shipped


@pytest.mark.parametrize(
    'line', ['up', 'demo', 'down --wipe', 'status', 'restart mariadb']
)
def test_without_root_nothing_is_written(
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    monkeypatch.setenv(layouts.VARIABLE, str(tmp_path / 'lab'))
    assert cli.main(line.split()) == 1
    assert capsys.readouterr().err == (
        'lab: the lab makes network namespaces: run it as root\n'
    )
    assert not (tmp_path / 'lab').exists()


def meminfo(folder: Path, mebibytes: int) -> Path:
    path = folder / 'meminfo'
    path.write_text(
        f'MemTotal: 99999999 kB\nMemAvailable:  {mebibytes * 1024} kB\n'
    )
    return path


def test_too_little_memory_says_how_much(tmp_path: Path) -> None:
    by_name = dict(zip(shipped.NAMES, shipped.ALL, strict=True))
    path = meminfo(tmp_path, 3500)
    checks.memory(by_name['single'], path)
    with pytest.raises(
        checks.LabError, match=r'^3500 MiB .* takes about 4300'
    ):
        checks.memory(by_name['default'], path)
    checks.memory(by_name['default'], meminfo(tmp_path, 4300))


def test_block_storage_and_gateways_take_memory_of_their_own(
    tmp_path: Path,
) -> None:
    gateway = dict(zip(shipped.NAMES, shipped.ALL, strict=True))['gateway']
    with pytest.raises(checks.LabError, match='5400'):
        checks.memory(gateway, meminfo(tmp_path, 5300))
    checks.memory(gateway, meminfo(tmp_path, 5400))


def test_a_missing_program_is_named_by_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in checks.PROGRAMS:
        (tmp_path / name).touch(mode=0o755)
    only: Mapping[str, str] = {'PATH': str(tmp_path)}
    monkeypatch.setattr(layouts, 'environment', lambda: only)
    checks.programs()
    (tmp_path / 'radvd').unlink()
    (tmp_path / 'ip').chmod(0o644)
    with pytest.raises(checks.LabError, match=r'recommends iproute2 radvd$'):
        checks.programs()


class Machine(machines.Machine):
    """One that has processes, and a namespace, as the test says."""

    inside: tuple[int, ...] = ()
    of_others = False

    def processes(self) -> list[int]:
        return list(self.inside)

    @property
    def taken(self) -> bool:
        return self.of_others


def test_what_an_earlier_lab_left_is_named(tmp_path: Path) -> None:
    there = [Machine(name, layouts.Layout(tmp_path)) for name in ('a', 'b')]
    checks.no_remains(there)
    there[1].inside = (4242,)
    with pytest.raises(checks.LabError, match='machines b; bin/lab down'):
        checks.no_remains(there)


def test_a_lab_from_another_folder_is_named(tmp_path: Path) -> None:
    there = [Machine(name, layouts.Layout(tmp_path)) for name in ('a', 'b')]
    checks.no_other_lab(there)
    there[0].of_others = True
    with pytest.raises(checks.LabError, match=r'namespaces tc-a$'):
        checks.no_other_lab(there)


class Addresses:
    """In place of the kernel's: one address of the lab, on eth7."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> 'Addresses':
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def get_addr(self) -> list[object]:
        attributes = {'IFA_ADDRESS': self._address, 'IFA_LABEL': 'eth7'}
        return [types.SimpleNamespace(get_attr=attributes.get)]


@pytest.mark.parametrize(
    ('address', 'free'),
    [
        ('172.30.0.10', False),
        ('172.30.0.200', False),
        ('172.30.255.1', False),
        ('172.30.255.9', True),
        ('10.0.0.1', True),
        ('fe80::1', True),
    ],
)
def test_an_address_that_is_taken_is_named(
    address: str, free: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, 'IPRoute', lambda: Addresses(address))
    if free:
        checks.addresses()
        return
    with pytest.raises(checks.LabError, match=rf'has {address} on eth7$'):
        checks.addresses()


def test_a_second_up_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = cloud.load(layouts.Layout(tmp_path / 'lab'))
    monkeypatch.setattr(cloud.Lab, 'is_up', True)
    with pytest.raises(
        checks.LabError, match='is up already; bin/lab down ends it'
    ):
        lab.up(print)
    assert not (tmp_path / 'lab').exists()


def test_make_installs_every_program_that_the_lab_asks_for() -> None:
    script = (layouts.ROOT / 'tools' / 'system-packages').read_text()
    packages = set(re.split(r'[\s()+=]+', script))
    assert set(checks.PROGRAMS.values()) - packages == set()
