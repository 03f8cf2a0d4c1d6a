# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The file that ``multiregion networking gather`` writes."""

from collections.abc import Iterator
import errno
import os
import signal
import stat
import tarfile
from typing import Any

from osc_lib import exceptions
import pytest

from tests.unit.cli import services


def test_the_archive_is_its_owners_only(cloud: services.Cloud) -> None:
    cloud.run()

    assert stat.S_IMODE(cloud.path.stat().st_mode) == 0o600
    with tarfile.open(cloud.path) as tar:
        members = tar.getmembers()
    assert {(one.mode, one.uid, one.uname) for one in members} == {
        (0o600, 0, '')
    }
    names = [one.name for one in members]
    assert names == sorted(names)
    assert len({one.partition('/')[0] for one in names}) == 1


def test_a_file_that_is_there_is_kept_before_anything_is_asked(
    cloud: services.Cloud,
) -> None:
    cloud.path.write_text('mine')

    with pytest.raises(exceptions.CommandError, match='there already'):
        cloud.run()

    assert cloud.path.read_text() == 'mine'
    assert cloud.mock.request_history == []


def test_a_file_that_came_meanwhile_is_kept(cloud: services.Cloud) -> None:
    def come(request: Any, context: Any) -> Any:
        cloud.path.write_text('mine')
        return {'agents': []}

    cloud.mock.get(f'{services.ONE}/v2.0/agents', json=come)

    with pytest.raises(exceptions.CommandError, match='there already'):
        cloud.run()

    assert cloud.path.read_text() == 'mine'
    assert list(cloud.path.parent.iterdir()) == [cloud.path]


def test_force_replaces_a_file(cloud: services.Cloud) -> None:
    cloud.path.write_text('old')
    cloud.path.chmod(0o644)

    assert cloud.run('--force') == 0

    assert set(cloud.files()) == services.EVERYTHING
    assert stat.S_IMODE(cloud.path.stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_bad_usage(
    cloud: services.Cloud,
) -> None:
    cloud.path = cloud.path.parent / 'nowhere' / 'a.tar.gz'

    with pytest.raises(
        exceptions.CommandError, match='Nothing can be written'
    ):
        cloud.run()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Hear of SIGINT, also when the tests were started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_it_asks_leaves_no_file(
    cloud: services.Cloud, interruptible: None
) -> None:
    def interrupt(request: Any, context: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return {'agents': []}

    cloud.mock.get(f'{services.ONE}/v2.0/agents', json=interrupt)

    with pytest.raises(KeyboardInterrupt):
        cloud.run()

    assert list(cloud.path.parent.iterdir()) == []


def test_an_interrupt_while_it_writes_leaves_no_file(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Any, content: bytes) -> None:
        with path.open('wb') as file:
            file.write(content[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr('pathlib.Path.write_bytes', interrupted)

    with pytest.raises(KeyboardInterrupt):
        cloud.run()

    assert list(cloud.path.parent.iterdir()) == []


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without links."""

    def refuse(path: Any, target: Any) -> None:
        raise OSError(errno.EPERM, 'not here')

    monkeypatch.setattr('pathlib.Path.hardlink_to', refuse)


@pytest.mark.usefixtures('no_links')
def test_a_file_system_without_links_is_enough(cloud: services.Cloud) -> None:
    assert cloud.run() == 0

    assert set(cloud.files()) == services.EVERYTHING
    assert list(cloud.path.parent.iterdir()) == [cloud.path]


def test_a_full_disk_is_said_and_leaves_no_file(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Any, content: bytes) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr('pathlib.Path.write_bytes', full)

    with pytest.raises(exceptions.CommandError, match='No space left'):
        cloud.run()

    assert list(cloud.path.parent.iterdir()) == []


def test_a_folder_is_no_archive(cloud: services.Cloud) -> None:
    cloud.path.mkdir()

    with pytest.raises(exceptions.CommandError, match='is a directory'):
        cloud.run('--force')
