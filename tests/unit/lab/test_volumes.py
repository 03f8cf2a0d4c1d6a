# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Volumes that are files, and disks that are other names of them."""

from pathlib import Path
from typing import Any

import pytest

from lab import cloud
from lab import layout as layouts
from lab.nova_driver import disks
from lab.services import cinder
from lab.volume_driver import files
from tests.unit.lab import shipped


@pytest.fixture
def volumes(tmp_path: Path) -> files.Files:
    folder = tmp_path / 'volumes'
    folder.mkdir()
    return files.Files(folder)


def write(path: Path, data: bytes) -> None:
    with path.open('r+b') as file:
        file.write(data)


def beginning(path: Path) -> bytes:
    with path.open('rb') as file:
        return file.read(4)


def connection(path: Path) -> dict[str, Any]:
    return {'data': {'device_path': str(path)}}


class TestFiles:
    def test_a_volume_has_its_size_and_takes_no_room(
        self, volumes: files.Files
    ) -> None:
        volumes.make('v', 2)
        found = volumes.path('v').stat()
        assert (found.st_size, found.st_blocks) == (2 * files.GIB, 0)

    def test_none_is_made_over_another(self, volumes: files.Files) -> None:
        volumes.make('v', 1)
        with pytest.raises(FileExistsError):
            volumes.make('v', 1)

    def test_a_copy_has_the_data_and_its_own_size(
        self, volumes: files.Files
    ) -> None:
        volumes.make('v', 1)
        write(volumes.path('v'), b'data')
        volumes.copy('v', 'copy', 2)
        assert beginning(volumes.path('copy')) == b'data'
        assert volumes.path('copy').stat().st_size == 2 * files.GIB

    def test_what_a_guest_did_to_the_size_is_undone(
        self, volumes: files.Files
    ) -> None:
        volumes.make('v', 1)
        volumes.path('v').write_bytes(b'data')
        volumes.resize('v', 1)
        assert beginning(volumes.path('v')) == b'data'
        assert volumes.path('v').stat().st_size == files.GIB

    def test_a_snapshot_comes_back_in_the_same_file(
        self, volumes: files.Files
    ) -> None:
        volumes.make('v', 1)
        volumes.copy('v', 's', 1)
        write(volumes.path('v'), b'data')
        before = volumes.path('v').stat().st_ino
        volumes.take_back('s', 'v', 1)
        assert beginning(volumes.path('v')) == bytes(4)
        assert volumes.path('v').stat().st_ino == before

    def test_one_that_is_gone_is_removed_again(
        self, volumes: files.Files
    ) -> None:
        volumes.make('v', 1)
        volumes.remove('v')
        volumes.remove('v')
        assert not volumes.path('v').exists()


class TestDisks:
    @pytest.fixture
    def volume(self, volumes: files.Files) -> Path:
        volumes.make('v', 1)
        return volumes.path('v')

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / 'an-instance.disks'

    def test_what_is_written_to_a_disk_is_in_the_volume(
        self, volume: Path, folder: Path
    ) -> None:
        disks.Disks(folder).attach(connection(volume), '/dev/sdb')
        write(folder / 'sdb', b'data')
        assert beginning(volume) == b'data'

    def test_a_volume_that_grows_is_a_disk_that_grows(
        self, volumes: files.Files, volume: Path, folder: Path
    ) -> None:
        disks.Disks(folder).attach(connection(volume), '/dev/sdb')
        volumes.resize('v', 3)
        assert (folder / 'sdb').stat().st_size == 3 * files.GIB

    def test_one_that_is_attached_twice_is_there_once(
        self, volume: Path, folder: Path
    ) -> None:
        for _ in range(2):
            disks.Disks(folder).attach(connection(volume), '/dev/sdb')
        assert volume.stat().st_nlink == 2

    def test_data_stays_when_a_disk_is_detached(
        self, volume: Path, folder: Path
    ) -> None:
        one = disks.Disks(folder)
        one.attach(connection(volume), '/dev/sdb')
        write(folder / 'sdb', b'data')
        one.detach('/dev/sdb')
        assert list(folder.iterdir()) == []
        assert beginning(volume) == b'data'

    def test_at_its_start_an_instance_has_the_volumes_of_now(
        self, volume: Path, folder: Path
    ) -> None:
        one = disks.Disks(folder)
        one.attach(connection(volume), '/dev/sdb')
        one.attach_all([(connection(volume), '/dev/sdc')])
        assert [path.name for path in folder.iterdir()] == ['sdc']

    def test_one_that_was_deleted_leaves_the_volume(
        self, volume: Path, folder: Path
    ) -> None:
        one = disks.Disks(folder)
        one.attach(connection(volume), '/dev/sdb')
        one.forget()
        assert not folder.exists()
        assert volume.exists()


@pytest.mark.parametrize('name', shipped.NAMES)
def test_regions_have_cinder_where_the_topology_says_so(
    name: str, tmp_path: Path
) -> None:
    lab = cloud.load(
        layouts.Layout(tmp_path), shipped.DEFAULT.with_name(f'{name}.yaml')
    )
    there = {one for one in lab.services if one.startswith('cinder-')}
    assert bool(there) == lab.topology.volumes
    if there:
        assert there == {
            one
            for region in lab.topology.regions
            for one in (
                cinder.api(region),
                cinder.scheduler(region),
                cinder.volume(region),
            )
        }
