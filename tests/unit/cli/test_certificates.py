# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Certificates of endpoints, of a TLS server on the loopback."""

from collections.abc import Iterator
import datetime
import ipaddress
from pathlib import Path
import socket
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from tricircle.cli import certificates

DAY = datetime.timedelta(days=1)


def make(path: Path, days: int) -> str:
    """Write a key and a certificate that is valid for so long; its name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, 'region.test')]
    )
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = path / 'certificate.pem'
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(file)


class Server:
    """Shakes hands, and says nothing."""

    def __init__(self, certificate: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(
            socket.create_server(('127.0.0.1', 0)), server_side=True
        )
        self.url = f'https://127.0.0.1:{self.socket.getsockname()[1]}/v2.0'
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                self.socket.accept()[0].close()
            except ssl.SSLError:
                continue
            except OSError:
                return


@pytest.fixture
def days() -> int:
    """For how long the server's certificate is valid."""
    return 30


@pytest.fixture
def certificate(tmp_path: Path, days: int) -> str:
    """The name of a file with the server's certificate."""
    return make(tmp_path, days)


@pytest.fixture
def server(certificate: str) -> Iterator[Server]:
    """A server with that certificate."""
    made = Server(certificate)
    yield made
    made.socket.close()


def look(url: str, verify: bool | str) -> certificates.Certificate:
    """Return what is said of an endpoint that has a certificate."""
    found = certificates.look(url, verify, lambda: 10.0)
    assert found is not None
    return found


def days_left(found: certificates.Certificate) -> float:
    left = found.ends - datetime.datetime.now(datetime.UTC)
    return round(left.total_seconds() / 86400, 1)


def test_the_expiry_of_a_trusted_certificate_is_told(
    server: Server, certificate: str
) -> None:
    found = look(server.url, certificate)

    assert found.invalid is None
    assert days_left(found) == 30.0
    assert found.subject == 'CN=region.test'


@pytest.mark.parametrize('days', [-1])
def test_of_one_that_has_run_out_the_expiry_is_told_all_the_same(
    server: Server, certificate: str
) -> None:
    found = look(server.url, certificate)

    assert found.invalid == 'certificate has expired'
    assert days_left(found) == -1.0


@pytest.mark.parametrize('variable', ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'])
def test_one_is_trusted_by_the_variable_that_the_client_reads(
    server: Server,
    certificate: str,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv('REQUESTS_CA_BUNDLE', raising=False)
    monkeypatch.setenv(variable, certificate)

    assert look(server.url, True).invalid is None


def test_one_is_trusted_by_a_folder_of_authorities(
    server: Server, certificate: str, tmp_path: Path
) -> None:
    folder = tmp_path / 'authorities'
    folder.mkdir()
    subject = subprocess.run(
        ['openssl', 'x509', '-in', certificate, '-noout', '-hash'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (folder / f'{subject}.0').symlink_to(certificate)

    assert look(server.url, str(folder)).invalid is None


def test_one_that_nobody_signed_is_not_trusted(server: Server) -> None:
    assert 'self-signed' in str(look(server.url, True).invalid)


def test_who_trusts_all_is_not_told_that_it_is_valid(server: Server) -> None:
    assert 'trust all' in str(look(server.url, False).invalid)


def test_an_endpoint_without_tls_has_none() -> None:
    url = 'http://127.0.0.1:1/'
    assert certificates.look(url, True, lambda: 1.0) is None


def test_a_port_that_nobody_listens_at_is_an_error() -> None:
    with socket.create_server(('127.0.0.1', 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(OSError, match='refused'):
        look(f'https://127.0.0.1:{port}/', True)
