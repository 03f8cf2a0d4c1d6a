# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A daemon of the lab: what runs where, after what, and when it is ready."""

from collections.abc import Mapping
import dataclasses
import http.client
from pathlib import Path
import re
import socket
import ssl
from typing import Protocol
import urllib.error
import urllib.parse
import urllib.request


class Probe(Protocol):
    """Tells whether a daemon does its work."""

    def ready(self) -> bool:
        """Look once, without waiting."""


@dataclasses.dataclass(frozen=True)
class Started:
    """Ready as soon as it runs."""

    def ready(self) -> bool:
        return True


@dataclasses.dataclass(frozen=True)
class TcpProbe:
    """Ready when it accepts connections."""

    address: str
    port: int

    def ready(self) -> bool:
        try:
            with socket.create_connection((self.address, self.port), 1):
                return True
        except OSError:
            return False


@dataclasses.dataclass(frozen=True)
class HttpProbe:
    """Ready when it answers HTTP, whatever it says.

    :ivar cafile: whom to trust, None without TLS
    """

    url: str
    cafile: str | None = None

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(  # noqa: S310
                self.url,
                timeout=5,
                context=self._context(),
            ):
                return True
        except urllib.error.HTTPError as exc:
            return exc.code < 500
        except (OSError, http.client.HTTPException):
            return False

    def _context(self) -> ssl.SSLContext | None:
        if self.cafile is None:
            return None
        return ssl.create_default_context(cafile=self.cafile)


@dataclasses.dataclass(frozen=True)
class LogProbe:
    """Ready when it has logged something in this run.

    :ivar pattern: a regular expression
    """

    path: Path
    pattern: str

    def ready(self) -> bool:
        try:
            # What a program prints may be anything, or cut in the middle.
            text = self.path.read_text(errors='replace')
        except OSError:
            return False
        return bool(re.search(self.pattern, text))


@dataclasses.dataclass(frozen=True)
class FileProbe:
    """Ready when a file is there, seen from this machine's mounts."""

    path: Path

    def ready(self) -> bool:
        return self.path.exists()


@dataclasses.dataclass(frozen=True)
class Service:
    """A daemon, in the foreground.

    :ivar name: unique, such as ``neutron-server-RegionOne``
    :ivar machine: in which it runs
    :ivar after: names of those that must be ready before it starts; not
        those that it tries again until they are there
    :ivar ends_last: whether others have to end before it, so that they can
        finish what they are at
    :ivar stop_signal: what asks it to end
    :ivar stop_seconds: after which it is killed; 0 for those that ignore
        the signal
    """

    name: str
    machine: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ready: Probe = Started()
    after: frozenset[str] = frozenset()
    ends_last: bool = False
    stop_signal: str = 'TERM'
    stop_seconds: int = 10

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens, None when nobody needs to know."""
        match self.ready:
            case TcpProbe(address=address, port=port):
                return address, port
            # With TLS another one listens there, which decrypts for it.
            case HttpProbe(url=url, cafile=None):
                parts = urllib.parse.urlsplit(url)
                return parts.hostname or '', parts.port or 80
        return None
