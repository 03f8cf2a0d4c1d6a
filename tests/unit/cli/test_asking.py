# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Endpoints that fail at some step, and what is said of them."""

from collections.abc import Callable, Iterator
import contextlib
import datetime
from email import utils as email_utils
import ipaddress
from pathlib import Path
import socket
import socketserver
import ssl
import threading
import time
from typing import Any
from wsgiref import simple_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid
from keystoneauth1 import session as ksa_session
import pytest

from tricircle.cli.diagnosis import asking
from tricircle.cli.diagnosis.facts import Stage
from tricircle.client import auth

_BODY = b'{"extensions": []}'


@pytest.fixture(autouse=True)
def long_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine is not what is tested.
    monkeypatch.setattr(asking, 'DEADLINE', 60.0)


def session(verify: bool | str = True) -> ksa_session.Session:
    return ksa_session.Session(
        auth=auth.HeaderAuth({'X-Auth-Token': 'secret'}), verify=verify
    )


class _Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    """Not of http.server: eventlet, which Neutron imports, changes that.

    A connection that asks for nothing keeps no other waiting.
    """

    daemon_threads = True


class _Handler(simple_server.WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def listening(
    status: int = 200,
    ahead: float = 0.0,
    context: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve something; yield host and port."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        date = email_utils.formatdate(time.time() + ahead, usegmt=True)
        headers = [('Date', date), ('Content-Length', str(len(_BODY)))]
        start_response(f'{status} x', headers)
        return [_BODY]

    http = simple_server.make_server('127.0.0.1', 0, app, _Server, _Handler)
    if context is not None:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f'127.0.0.1:{http.server_port}'
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def make_certificate(path: Path) -> Path:
    """Make a certificate for 127.0.0.1 that ends in ten days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, 'here')])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=10))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]
            ),
            critical=False,
        )
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path / 'server.pem')


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_one_that_is_in_order_has_no_failure() -> None:
    with listening() as host:
        found, body = asking.endpoint(session(), f'http://{host}')
    assert (found.failed, found.status) == (None, 200)
    assert found.clock is not None and abs(found.clock) < 30
    assert body == {'extensions': []}


def test_one_that_is_in_no_catalogue_fails_first() -> None:
    found, _body = asking.endpoint(session(), '')
    assert found.failed is Stage.CATALOGUE


@pytest.mark.parametrize(
    'url', ['http://[::1', 'http://host:port', 'gopher://host']
)
def test_what_is_no_url_is_none_of_the_catalogue(url: str) -> None:
    found, _body = asking.endpoint(session(), url)
    assert found.failed is Stage.CATALOGUE
    assert url in found.error


def test_a_name_that_does_not_resolve_is_told() -> None:
    found, _body = asking.endpoint(session(), 'http://nowhere.invalid:1')
    assert found.failed is Stage.NAME


def test_a_port_at_which_nobody_listens_is_told() -> None:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{free.getsockname()[1]}'
        found, _body = asking.endpoint(session(), url)
    assert found.failed is Stage.CONNECTION
    assert 'refused' in found.error


def test_a_certificate_that_nobody_vouches_for_is_told(
    tls: ssl.SSLContext,
) -> None:
    with listening(context=tls) as host:
        found, _body = asking.endpoint(session(), f'https://{host}')
    assert found.failed is Stage.TLS
    assert 'self-signed' in found.error


def test_the_end_of_a_certificate_is_told(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    with listening(context=tls) as host:
        found, _body = asking.endpoint(
            session(verify=str(certificate)), f'https://{host}'
        )
    assert found.failed is None
    assert found.certificate_ends is not None
    left = found.certificate_ends - datetime.datetime.now(datetime.UTC)
    assert left.days == 9


def test_one_that_takes_connections_and_is_silent_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, 'DEADLINE', 0.5)
    with socket.socket() as silent:
        silent.bind(('127.0.0.1', 0))
        silent.listen()
        url = f'http://127.0.0.1:{silent.getsockname()[1]}'
        found, _body = asking.endpoint(session(), url)
    assert found.failed is Stage.HTTP


@pytest.mark.parametrize('status', [401, 403, 404, 500, 503])
def test_the_status_of_an_answer_is_told(status: int) -> None:
    with listening(status) as host:
        found, body = asking.endpoint(session(), f'http://{host}')
    assert (found.failed, found.status, body) == (None, status, None)


@pytest.mark.parametrize(
    ('ahead', 'is_told'),
    [
        (-1000.0, lambda clock: -1060 < clock < -940),
        (1000.0, lambda clock: 940 < clock < 1060),
    ],
)
def test_a_wrong_clock_is_told(
    ahead: float, is_told: Callable[[float], bool]
) -> None:
    with listening(ahead=ahead) as host:
        found, _body = asking.endpoint(session(), f'http://{host}')
    assert found.clock is not None and is_told(found.clock)


def test_no_token_is_in_what_is_told() -> None:
    with listening(500) as host:
        found, _body = asking.endpoint(session(), f'http://{host}')
    assert 'secret' not in repr(found)
