# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A lab with TLS: what is written, and what is signed."""

import configparser
import ipaddress
from pathlib import Path
import re
import ssl
import stat

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification
import pytest

from lab import addresses
from lab import certificates
from lab import cloud
from lab import layout as layouts
from lab.service import HttpProbe
from lab.services import haproxy
from tests.lab import guides
from tests.unit.lab import shipped
from tests.unit.lab import test_installation_guide

TLS = shipped.DEFAULT.with_name('tls.yaml')
PLAIN_URL = re.compile(rf'\w+://{re.escape(addresses.CONTROL)}')


@pytest.fixture
def lab(tmp_path: Path) -> cloud.Lab:
    """A lab with TLS, whose files would be written."""
    return cloud.load(layouts.Layout(tmp_path / 'lab'), TLS)


@pytest.fixture
def plain(tmp_path: Path) -> cloud.Lab:
    """One without."""
    return cloud.load(layouts.Layout(tmp_path / 'plain'), shipped.DEFAULT)


def sections(text: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(
        interpolation=None, default_section='none', strict=False
    )
    found.read_string(text)
    return found


def configurations(lab: cloud.Lab) -> dict[str, configparser.ConfigParser]:
    """Return the files of the programs of OpenStack, by folder and name."""
    return {
        f'{path.parent.name}/{path.name}': sections(text)
        for path, text in lab.renderer.files.items()
        if path.suffix in ('.conf', '.ini')
        and text.lstrip().startswith('[DEFAULT]')
    }


def test_no_url_of_an_api_is_without_tls(lab: cloud.Lab) -> None:
    found = {
        one
        for text in lab.renderer.files.values()
        for one in PLAIN_URL.findall(text)
    }
    assert found == {f'https://{addresses.CONTROL}'}


def test_whoever_calls_an_api_knows_whom_to_trust(lab: cloud.Lab) -> None:
    callers = [
        section
        for conf in configurations(lab).values()
        for section in conf.values()
        if 'auth_url' in section
    ]
    assert len(callers) > 20
    for section in callers:
        assert section['cafile'] == str(lab.layout.authority), section


def test_whoever_uses_the_database_knows_whom_to_trust(
    lab: cloud.Lab,
) -> None:
    urls = [
        url
        for text in lab.renderer.files.values()
        for url in re.findall(r'mysql\S+', text)
    ]
    assert urls
    assert all(f'ssl_ca={lab.layout.authority}' in url for url in urls)


def test_whoever_uses_the_broker_does_so_with_tls(lab: cloud.Lab) -> None:
    users = {
        name: conf
        for name, conf in configurations(lab).items()
        if 'transport_url' in conf['DEFAULT']
    }
    assert len(users) == 3 + 2 * 2 + 2 * 2
    for name, conf in users.items():
        assert (
            f':{addresses.RABBITMQ_TLS}/' in conf['DEFAULT']['transport_url']
        ), name
        rabbit = conf['oslo_messaging_rabbit']
        assert rabbit['ssl'] == 'true', name
        assert rabbit['ssl_ca_file'] == str(lab.layout.authority), name


def test_the_broker_has_no_listener_without_tls(lab: cloud.Lab) -> None:
    text = lab.renderer.files[lab.layout.etc('rabbitmq') / 'rabbitmq.conf']
    assert 'listeners.tcp = none' in text
    assert not [
        name
        for name in lab.services['rabbitmq'].environment
        if name.startswith('RABBITMQ_NODE_PORT')
        or name.startswith('RABBITMQ_NODE_IP')
    ]


def test_apis_listen_where_nobody_else_reaches_them(lab: cloud.Lab) -> None:
    listening = [
        line.split(' = ')[1]
        for text in lab.renderer.files.values()
        for line in text.splitlines()
        if line.startswith(('http-socket', 'bind_host'))
    ]
    assert {one.partition(':')[0] for one in listening} == {'127.0.0.1'}


def test_what_decrypts_does_so_for_each_api_with_its_certificate(
    lab: cloud.Lab,
) -> None:
    text = lab.renderer.files[lab.layout.etc('haproxy') / 'haproxy.cfg']
    apis = {
        name: one.ready.url
        for name, one in lab.services.items()
        if isinstance(one.ready, HttpProbe)
    }
    assert len(apis) == 3 + 5 * 2
    binds = re.findall(r'listen (\S+)\n +bind (\S+) ssl crt (\S+)\n', text)
    assert {
        name: (where, certificate) for name, where, certificate in binds
    } == {
        name: (url.split('/')[2], str(lab.layout.certificate(name)))
        for name, url in apis.items()
    }
    for name in apis:
        assert haproxy.NAME in lab.services[name].after


def test_each_service_that_needs_a_certificate_gets_one(
    lab: cloud.Lab,
) -> None:
    lab.layout.make()
    names = ['mariadb', 'keystone']

    certificates.make(lab.layout, names)

    for name in names:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            lab.layout.certificate(name), lab.layout.key(name)
        )
        made = x509.load_pem_x509_certificate(
            lab.layout.certificate(name).read_bytes()
        )
        verified = verification.PolicyBuilder().store(
            verification.Store(
                [
                    x509.load_pem_x509_certificate(
                        lab.layout.authority.read_bytes()
                    )
                ]
            )
        )
        verified.build_server_verifier(
            x509.IPAddress(ipaddress.ip_address(addresses.CONTROL))
        ).verify(made, [])


def test_private_keys_are_their_owners_alone(lab: cloud.Lab) -> None:
    certificates.make(lab.layout, ['keystone'])
    # Also when they are made anew.
    lab.layout.key('keystone').chmod(0o644)
    certificates.make(lab.layout, ['keystone'])

    mode = lab.layout.key('keystone').stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_key_of_the_authority_is_nowhere(lab: cloud.Lab) -> None:
    certificates.make(lab.layout, ['keystone'])

    authority = x509.load_pem_x509_certificate(
        lab.layout.authority.read_bytes()
    ).public_key()
    for path in lab.layout.authority.parent.glob('*.key'):
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert key.public_key() != authority
    assert 'PRIVATE' not in lab.layout.authority.read_text()


def test_the_stock_client_is_told_whom_to_trust(
    lab: cloud.Lab, plain: cloud.Lab
) -> None:
    assert lab.openrc('RegionOne', 'demo', 'demo')['OS_CACERT'] == str(
        lab.layout.authority
    )
    assert 'OS_CACERT' not in plain.openrc('RegionOne', 'demo', 'demo')


def test_nothing_of_it_is_left_when_the_lab_is_wiped(lab: cloud.Lab) -> None:
    certificates.make(lab.layout, ['keystone'])

    lab.layout.remove()

    assert not lab.layout.home.exists()


def test_without_tls_nothing_is_said_of_it(plain: cloud.Lab) -> None:
    assert haproxy.NAME not in plain.services
    for path, text in plain.renderer.files.items():
        assert not re.search(r'https:|cafile|ssl', text), path


def tables() -> dict[str, dict[tuple[str, str], str]]:
    """Return the options of each table of the section, by its caption."""
    text = (guides.DOCUMENTS / 'admin' / 'security.rst').read_text()
    section = text.partition('\nTLS everywhere\n')[2]
    return {
        caption: test_installation_guide.options(table)
        for caption, table in re.findall(
            r'list-table:: (\S.*)\n((?:(?: .*)?\n)+)', section
        )
    }


@pytest.mark.parametrize(
    ('caption', 'folders', 'count'),
    [
        (
            'neutron.conf of central, besides what is said for all',
            ['neutron-central/neutron.conf'],
            1,
        ),
        (
            'neutron.conf of each region, besides what is said for all',
            ['neutron-RegionOne/neutron.conf'],
            3,
        ),
        (
            'neutron.conf of all',
            ['neutron-central/neutron.conf', 'neutron-RegionOne/neutron.conf'],
            9,
        ),
        (
            'xjob.conf and api.conf',
            ['tricircle/xjob.conf', 'tricircle/api.conf'],
            5,
        ),
        ('api.conf, besides', ['tricircle/api.conf'], 3),
    ],
)
def test_options_have_the_values_that_the_page_says(
    lab: cloud.Lab, caption: str, folders: list[str], count: int
) -> None:
    said = tables()[caption]
    assert len(said) == count
    for folder in folders:
        conf = configurations(lab)[folder]
        for (section, name), text in said.items():
            value = conf[section][name]
            literal = re.match(r'``([^`]+)``', text)
            if literal is not None:
                assert value == literal[1]
            elif text == "the authority's file":
                assert value == str(lab.layout.authority)
            elif 'ends with ``&ssl_ca=``' in text:
                assert value.endswith(f'&ssl_ca={lab.layout.authority}')
            elif text.startswith('the same as'):
                assert value == conf['database']['connection']
            else:
                assert text.endswith('with ``https``')
                assert value.startswith('https://')


def test_the_page_shows_the_options_of_the_broker_and_of_the_database(
    lab: cloud.Lab,
) -> None:
    text = (guides.DOCUMENTS / 'admin' / 'security.rst').read_text()
    ours = lab.renderer.files[lab.layout.etc('rabbitmq') / 'rabbitmq.conf']
    for line in ours.splitlines():
        if line.startswith(('listeners.', 'ssl_options.')):
            assert line.partition(' = ')[0] in text
    for word in lab.services['mariadb'].argv:
        name = word.removeprefix('--').partition('=')[0].replace('-', '_')
        if name.startswith('ssl') or 'secure' in name:
            assert f'{name} = ' in text
