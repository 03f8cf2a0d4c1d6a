# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Call an endpoint step by step, and see at which it fails."""

import datetime
import socket
import time
from typing import Any, Final
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc

from tricircle.cli import certificates
from tricircle.cli import clocks
from tricircle.cli.deadlines import Deadline
from tricircle.cli.deadlines import Late
from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis.facts import Stage

#: Seconds for each step.
DEADLINE: Final = 5.0
#: Cheap for the one who is asked, and not to be had without a token.
_PATH: Final = '/v2.0/extensions'
_PORTS: Final = {'http': 80, 'https': 443}


class _StageFailed(Exception):
    def __init__(self, stage: Stage, error: object) -> None:
        super().__init__(str(error))
        self.stage = stage


def endpoint(session: Any, url: str) -> tuple[facts.Endpoint, Any]:
    """Return what is known of an endpoint, and the body of its answer.

    Only where there is no answer, the steps to one are taken by themselves,
    to tell which fails: a proxy may take them for us.

    :param session: of keystoneauth, whose token and trust are used
    :param url: as the catalogue has it, '' when it has none
    """
    if not url:
        return facts.Endpoint(url, Stage.CATALOGUE, 'no endpoint'), None
    try:
        status, clock, body = Deadline(DEADLINE).keep(
            lambda: _answer(session, url)
        )
    except (ksa_exc.ClientException, OSError, ValueError, Late) as exc:
        try:
            _connect(session, url)
        except _StageFailed as failed:
            return facts.Endpoint(url, failed.stage, str(failed)), None
        return facts.Endpoint(url, Stage.HTTP, str(exc)), None
    return facts.Endpoint(
        url,
        status=status,
        clock=clock,
        certificate_ends=_certificate_ends(session, url),
    ), body


def _connect(session: Any, url: str) -> None:
    """Take the steps to an answer, without asking.

    :raises _StageFailed: at the first that fails
    """
    try:
        parts = parse.urlsplit(url)
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise _StageFailed(Stage.CATALOGUE, f'{url} is no URL') from None
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise _StageFailed(Stage.NAME, exc) from exc
    try:
        socket.create_connection((host, port), DEADLINE).close()
    except OSError as exc:
        raise _StageFailed(Stage.CONNECTION, exc) from exc
    try:
        found = certificates.look(url, session.verify, lambda: DEADLINE)
    except OSError as exc:
        raise _StageFailed(Stage.TLS, exc) from exc
    if found is not None and session.verify and found.invalid:
        raise _StageFailed(Stage.TLS, found.invalid)


def _certificate_ends(session: Any, url: str) -> datetime.datetime | None:
    """Return when a certificate ends; None for one nobody looks at."""
    if not session.verify:
        return None
    try:
        found = certificates.look(url, session.verify, lambda: DEADLINE)
    except OSError:
        # A proxy may have answered.
        return None
    return found.ends if found is not None else None


def _answer(session: Any, url: str) -> tuple[int, float | None, Any]:
    """Return status, clock and body of an answer."""
    base = url.rstrip('/').removesuffix('/v2.0')
    asked = time.time()
    found = session.get(
        base + _PATH,
        raise_exc=False,
        timeout=DEADLINE,
        headers={'Accept': 'application/json'},
    )
    return (
        found.status_code,
        clocks.ahead(found.headers.get('Date'), asked, time.time()),
        _body(found) if found.status_code == 200 else None,
    )


def _body(found: Any) -> Any:
    try:
        return found.json()
    except ValueError:
        return None
