# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TLS with Keystone and the Neutrons, of a server on the loopback."""

from collections.abc import Iterator
from pathlib import Path
import ssl

from cryptography.hazmat.primitives import serialization
from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg
import pytest

from lab import certificates
from tests.unit.cli import test_asking
from tricircle.client import auth
from tricircle.client import tls
from tricircle.conf import client
from tricircle.conf import local


@pytest.fixture(scope='module')
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, and server.pem and client.pem by it."""
    folder = tmp_path_factory.mktemp('authority')
    made = certificates.Authority()
    pem = serialization.Encoding.PEM
    (folder / 'ca.pem').write_bytes(made.certificate.public_bytes(pem))
    for name in ('server', 'client'):
        certificate, key = made.issue(
            name,
            '127.0.0.1',
            clients=name == 'client',
        )
        private = key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = certificate.public_bytes(pem)
        (folder / f'{name}.pem').write_bytes(public + private)
        (folder / f'{name}.crt').write_bytes(public)
        (folder / f'{name}.key').write_bytes(private)
    return folder


def serve(authority: Path, asks: bool) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / 'server.pem')
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority / 'ca.pem')
    with test_asking.listening(204, context=context) as address:
        yield f'https://{address}'


@pytest.fixture(scope='module')
def url(authority: Path) -> Iterator[str]:
    """A server that shows its certificate."""
    yield from serve(authority, asks=False)


@pytest.fixture(scope='module')
def asking_url(authority: Path) -> Iterator[str]:
    """A server that asks its clients for one, too."""
    yield from serve(authority, asks=True)


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    made = cfg.ConfigOpts()
    client.register(made)
    local.register(made)
    made([], project='tricircle')
    made.set_override('auth_strategy', 'noauth', 'client')
    return made


def configure(conf: cfg.ConfigOpts, **options: object) -> None:
    for name, value in options.items():
        conf.set_override(
            name, str(value) if isinstance(value, Path) else value, 'client'
        )


def status(conf: cfg.ConfigOpts, url: str) -> int:
    """Return what a server answers to the service's session."""
    return int(auth.service_session(conf).get(url).status_code)


def test_a_server_of_the_authority_in_cafile_is_trusted(
    conf: cfg.ConfigOpts, authority: Path, url: str
) -> None:
    configure(conf, cafile=authority / 'ca.pem')

    assert status(conf, url) == 204


def test_a_server_of_an_unknown_authority_is_not(
    conf: cfg.ConfigOpts, url: str
) -> None:
    with pytest.raises(ksa_exc.SSLError) as caught:
        status(conf, url)

    assert 'issuer' in str(tls.distrust(caught.value))


def test_whoever_is_insecure_trusts_any_server(
    conf: cfg.ConfigOpts, url: str
) -> None:
    configure(conf, insecure=True)

    assert status(conf, url) == 204


@pytest.mark.parametrize(
    ('certfile', 'keyfile'),
    [('client.pem', None), ('client.crt', 'client.key')],
)
def test_a_server_that_asks_is_shown_the_certificate(
    conf: cfg.ConfigOpts,
    authority: Path,
    asking_url: str,
    certfile: str,
    keyfile: str | None,
) -> None:
    configure(
        conf,
        cafile=authority / 'ca.pem',
        certfile=authority / certfile,
        keyfile=keyfile and authority / keyfile,
    )

    assert status(conf, asking_url) == 204


def test_a_server_that_asks_refuses_whoever_shows_none(
    conf: cfg.ConfigOpts, authority: Path, asking_url: str
) -> None:
    configure(conf, cafile=authority / 'ca.pem')

    with pytest.raises(ksa_exc.ConnectionError) as caught:
        status(conf, asking_url)

    assert tls.distrust(caught.value) is None


def test_requests_of_a_user_are_made_with_the_same_certificates(
    conf: cfg.ConfigOpts, authority: Path, asking_url: str
) -> None:
    configure(
        conf,
        cafile=authority / 'ca.pem',
        certfile=authority / 'client.pem',
    )
    context = type(
        'Context',
        (),
        {'user_id': 'u', 'project_id': 'p', 'roles': [], 'auth_token': None},
    )

    session = auth.caller_session(conf, context)

    assert session.get(asking_url).status_code == 204


def test_keystone_that_is_not_trusted_is_not_taken_for_away(
    conf: cfg.ConfigOpts, url: str
) -> None:
    configure(
        conf,
        auth_strategy='keystone',
        auth_url=url,
        admin_username='u',
        admin_password='secret',
        admin_tenant='p',
    )

    with pytest.raises(auth.KeystoneUnusable, match='certificate') as caught:
        auth.check_keystone(conf)

    assert not isinstance(caught.value, auth.KeystoneAway)


@pytest.mark.parametrize('option', ['cafile', 'certfile', 'keyfile'])
def test_a_file_that_is_not_there_is_told_by_its_option(
    conf: cfg.ConfigOpts, tmp_path: Path, option: str
) -> None:
    configure(conf, **{option: tmp_path / 'none.pem'})

    with pytest.raises(tls.FileUnusable, match=rf'\[client\] {option} names'):
        tls.check(conf)


def test_a_folder_of_authorities_will_do(
    conf: cfg.ConfigOpts, tmp_path: Path
) -> None:
    configure(conf, cafile=tmp_path)

    tls.check(conf)


def test_whoever_is_insecure_needs_no_authorities(
    conf: cfg.ConfigOpts, tmp_path: Path
) -> None:
    configure(conf, insecure=True, cafile=tmp_path / 'none.pem')

    tls.check(conf)
