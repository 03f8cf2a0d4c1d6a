# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whose certificates are trusted, and which one is shown."""

from pathlib import Path
import ssl

from oslo_config import cfg

_FILES = ('cafile', 'certfile', 'keyfile')


class FileUnusable(RuntimeError):
    """A file that TLS needs cannot be read."""


def verify(conf: cfg.ConfigOpts) -> bool | str:
    """Return whether to verify, or with which authorities.

    As requests has it.
    """
    if conf.client.insecure:
        return False
    return conf.client.cafile or True


def certificate(conf: cfg.ConfigOpts) -> str | tuple[str, str] | None:
    """Return the files of what to show of ourselves, as requests has it."""
    client = conf.client
    if client.certfile and client.keyfile:
        return client.certfile, client.keyfile
    return client.certfile or None


def check(conf: cfg.ConfigOpts) -> None:
    """Check that the files can be read: without them no call can be made.

    :raises FileUnusable: naming the option and the file
    """
    for name in _FILES:
        path = conf.client[name]
        if not path or (name == 'cafile' and conf.client.insecure):
            continue
        try:
            # A folder of authorities will do, too.
            if not Path(path).is_dir():
                Path(path).open('rb').close()
        except OSError as exc:
            raise FileUnusable(
                f'[client] {name} names {path}, which cannot be read '
                f'({exc.strerror}): correct the option, or let the user as '
                'whom this runs read the file.'
            ) from exc


def distrust(exc: BaseException) -> str | None:
    """Return why a certificate was not trusted, None if that is not it.

    :param exc: in which the error of Python's ssl may be wrapped, as
        keystoneauth, requests, urllib3 and PyMySQL do
    """
    seen: list[BaseException] = []
    left = [exc]
    while left:
        one = left.pop()
        if one in seen:
            continue
        if isinstance(one, ssl.SSLCertVerificationError):
            return one.verify_message or str(one.strerror)
        seen.append(one)
        left += [
            inner
            for inner in (
                one.__cause__,
                one.__context__,
                getattr(one, 'reason', None),
                getattr(one, 'original_exception', None),
                *one.args,
            )
            if isinstance(inner, BaseException)
        ]
    return None
