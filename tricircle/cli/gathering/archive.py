# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The archive: a file that is whole, or not there."""

from collections.abc import Mapping
import contextlib
import errno
import gzip
import io
import json
import os
from pathlib import Path
import tarfile
import tempfile
from typing import Any, Final

from osc_lib import exceptions

from tricircle.cli.gathering import redaction

_MODE: Final = 0o600


def packed(
    folder: str,
    files: Mapping[str, Any],
    moment: float,
    redactor: redaction.Redactor,
) -> bytes:
    """Return an archive, a gzipped tar.

    Nothing is in it that the redactor has not seen, names included.

    :param folder: that all files are in
    :param files: what JSON can hold, by name
    :param moment: of all files, in seconds since 1970
    """
    whole = io.BytesIO()
    with (
        gzip.GzipFile('', 'wb', fileobj=whole, mtime=int(moment)) as zipped,
        tarfile.open(fileobj=zipped, mode='w') as tar,
    ):
        for name in sorted(files):
            text = json.dumps(
                redactor.value(files[name]),
                indent=1,
                ensure_ascii=False,
                sort_keys=True,
                default=str,
            )
            content = f'{text}\n'.encode(errors='backslashreplace')
            member = tarfile.TarInfo(redactor.text(f'{folder}/{name}'))
            member.size = len(content)
            member.mode = _MODE
            member.mtime = int(moment)
            tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def check(path: Path, force: bool) -> None:
    """Check that an archive can be written, before anything is asked.

    :raises CommandError: when it cannot
    """
    if path.is_dir():
        raise exceptions.CommandError(f'{path} is a directory.')
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise exceptions.CommandError(f'Nothing can be written to {path}.')
    if path.exists() and not force:
        raise _exists(path)


def write(path: Path, content: bytes, force: bool) -> None:
    """Write a file that only its owner reads, whole or not at all.

    :param force: replace one that is there
    :raises CommandError: when there is one
    """
    try:
        with _beside(path) as beside:
            beside.write_bytes(content)
            if force:
                beside.replace(path)
            else:
                _name(beside, path)
    except FileExistsError as exc:
        raise _exists(path) from exc
    except OSError as exc:
        raise exceptions.CommandError(
            f'{path} was not written: {exc.strerror}.'
        ) from exc


@contextlib.contextmanager
def _beside(path: Path) -> Any:
    """Make a file in the same folder, which is gone in the end."""
    # Files made so are their owner's only.
    number, name = tempfile.mkstemp('.part', f'.{path.name}-', path.parent)
    os.close(number)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _name(beside: Path, path: Path) -> None:
    """Give a file a name that no other has."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError as exc:
        if exc.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        # A file system without links.
        if path.exists():
            raise FileExistsError(path) from exc
        beside.replace(path)


def _exists(path: Path) -> exceptions.CommandError:
    return exceptions.CommandError(
        f'{path} is there already: name another with --output, or replace it '
        'with --force.'
    )
