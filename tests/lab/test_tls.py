# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A cloud with TLS to each API, to the database and to the broker.

``tools/lab-tests lab/topologies/tls.yaml all -k test_tls`` runs it.
"""

import contextlib
import http.client
import itertools
import json
import os
from pathlib import Path
import socket
import ssl
import stat
import subprocess
import sys
import tarfile
from typing import Any

import pymysql
import pytest

from lab import addresses
from lab import bootstrap
from lab import cloud
from lab import layout as layouts
from lab import topology as topologies
from lab.service import HttpProbe
from lab.services import neutron
from tests.lab import operator_shell
from tests.lab import packets
from tests.lab import tenant

_METADATA = 'http://169.254.169.254/openstack/latest/meta_data.json'
pytestmark = [pytest.mark.alone, pytest.mark.thorough]


@pytest.fixture(scope='module', autouse=True)
def _encrypted(lab: cloud.Lab) -> None:
    if not lab.topology.tls:
        pytest.skip('needs TLS: tls.yaml')


def apis(lab: cloud.Lab) -> dict[str, tuple[str, int]]:
    """Return where clients reach each API, by the name of its service."""
    found = {}
    for name, one in lab.services.items():
        if isinstance(one.ready, HttpProbe):
            scheme, _, rest = one.ready.url.partition('://')
            assert scheme == 'https'
            host, _, port = rest.partition('/')[0].partition(':')
            found[name] = host, int(port)
    return found


def environment(lab: cloud.Lab, **changed: str) -> dict[str, str]:
    """Return that of the administrator, at central."""
    return {
        **layouts.environment(),
        **lab.openrc(topologies.CENTRAL, bootstrap.ADMIN, bootstrap.ADMIN),
        **changed,
    }


def run(
    lab: cloud.Lab, *argv: str, **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run a program as the administrator, to its end.

    :param changed: variables of the environment
    """
    return subprocess.run(
        [str(layouts.BIN / argv[0]), *argv[1:]],
        env=environment(lab, **changed),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope='module')
def servers(
    lab: cloud.Lab, module_tenant: tenant.Tenant
) -> list[tenant.Instance]:
    """A server in each of two regions, one API restarted in between."""
    one, other = lab.topology.regions[:2]
    network = module_tenant.network('10.77.0.0/24')
    module_tenant.allow(module_tenant.default_group().id, 'icmp')
    first = module_tenant.boot(one.name, {'uuid': network.id})
    lab.restart(neutron.server(other), lambda text: print(text, flush=True))
    return [first, module_tenant.boot(other.name, {'uuid': network.id})]


def test_servers_reach_each_other_though_an_api_was_restarted(
    lab: cloud.Lab, servers: list[tenant.Instance]
) -> None:
    for here, there in itertools.permutations(servers):
        packets.await_ping(lab, here, there.ip)


def test_a_server_is_told_of_itself_through_the_metadata_api(
    lab: cloud.Lab, servers: list[tenant.Instance]
) -> None:
    ask = (
        'import sys, urllib.request\n'
        'print(urllib.request.urlopen(sys.argv[1], timeout=30).read())'
    )

    done = packets.inside(
        lab, servers[0].id, [sys.executable, '-c', ask, _METADATA]
    )

    assert servers[0].name in done.stdout, done.stderr


def test_every_api_shows_a_certificate_of_its_own(lab: cloud.Lab) -> None:
    trusting = ssl.create_default_context(cafile=lab.renderer.cafile)
    names = {}
    for name, where in apis(lab).items():
        with (
            socket.create_connection(where, 10) as plain,
            trusting.wrap_socket(plain, server_hostname=where[0]) as wrapped,
        ):
            shown: Any = wrapped.getpeercert()
            names[name] = dict(part[0] for part in shown['subject'])
    assert names == {name: {'commonName': name} for name in names}
    assert len(names) == 3 + 5 * len(lab.topology.regions)


def test_no_api_answers_without_tls(lab: cloud.Lab) -> None:
    for where in apis(lab).values():
        plain = http.client.HTTPConnection(*where, timeout=10)
        with (
            contextlib.closing(plain),
            pytest.raises((http.client.RemoteDisconnected, OSError)),
        ):
            plain.request('GET', '/')
            plain.getresponse()


def test_the_broker_listens_nowhere_without_tls(lab: cloud.Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((addresses.CONTROL, addresses.RABBITMQ), 10)


def test_the_database_lets_nobody_in_without_tls(lab: cloud.Lab) -> None:
    def connect(**options: Any) -> Any:
        return pymysql.connect(
            host=addresses.CONTROL,
            user='lab',
            password=lab.renderer.password,
            **options,
        )

    # Not that of the password alone, which is right.
    connect(ssl_ca=lab.renderer.cafile).close()
    with pytest.raises(pymysql.err.OperationalError, match='denied'):
        connect(ssl_disabled=True)


def test_a_client_without_the_authority_is_told_of_the_certificate(
    lab: cloud.Lab,
) -> None:
    done = run(lab, 'openstack', 'network', 'list', OS_CACERT='')

    assert done.returncode == 1
    assert 'certificate verify failed' in done.stderr


def test_the_operators_commands_work_with_the_authority(
    lab: cloud.Lab,
) -> None:
    done = run(
        lab,
        *('openstack', '--os-cacert', str(lab.renderer.cafile)),
        *('multiregion', 'networking', 'pod', 'list', '-c', 'Region Name'),
        *('-f', 'value'),
        OS_CACERT='',
    )

    assert not done.returncode, done.stderr
    assert set(done.stdout.split()) == {
        topologies.CENTRAL,
        *(one.name for one in lab.topology.regions),
    }


def test_nothing_is_found_that_is_wrong_with_the_cloud(
    lab: cloud.Lab,
) -> None:
    code, findings = operator_shell.run(lab, 'diagnose')

    assert code == 0, findings


def test_gather_has_certificates_that_the_client_trusts(
    lab: cloud.Lab, tmp_path: Path
) -> None:
    archive = tmp_path / 'gathered.tar.gz'

    code, errors = operator_shell.do(
        lab, 'gather', '--output', str(archive), '--region', 'RegionTwo'
    )

    assert code == 0, errors
    with tarfile.open(archive) as opened:
        found = [
            json.loads(file.read())
            for one in opened
            if one.name.endswith('-certificate.json')
            and (file := opened.extractfile(one))
        ]
    # Of central, of the Admin API, and of two services of the region.
    assert len(found) >= 4
    assert {one['invalid'] for one in found} == {None}


def test_status_finds_keystone_and_the_regions(lab: cloud.Lab) -> None:
    done = run(
        lab,
        *('tricircle-status', '--config-file'),
        str(lab.layout.etc('tricircle') / 'api.conf'),
        *('upgrade', 'check'),
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ('section', 'remedy'), [('client', 'cafile'), ('DEFAULT', 'ssl_ca')]
)
def test_status_names_the_option_of_an_authority_that_is_not_ours(
    lab: cloud.Lab, tmp_path: Path, section: str, remedy: str
) -> None:
    other = tmp_path / 'other.pem'
    other.write_text(ssl.get_server_certificate(apis(lab)['keystone']))
    lines = []
    here = ''
    ours = (lab.layout.etc('tricircle') / 'api.conf').read_text()
    for line in ours.splitlines():
        here = line.strip('[]') if line.startswith('[') else here
        if here == section:
            line = line.replace(str(lab.renderer.cafile), str(other))
        lines.append(line)
    conf = tmp_path / 'api.conf'
    conf.touch(mode=0o600)
    conf.write_text('\n'.join(lines))

    done = run(
        lab,
        *('tricircle-status', '--config-file', str(conf)),
        *('upgrade', 'check'),
    )

    said = ' '.join((done.stdout + done.stderr).replace('|', ' ').split())
    assert done.returncode == 2
    assert 'is not trusted' in said
    assert remedy in said


def test_links_of_an_api_are_for_tls(lab: cloud.Lab) -> None:
    with bootstrap.connect(lab.renderer, topologies.CENTRAL) as here:
        for name, (host, port) in apis(lab).items():
            if name.startswith(('neutron-', 'tricircle-', 'keystone')):
                said = here.session.get(
                    f'https://{host}:{port}/', raise_exc=False
                )
                assert f'https://{host}:{port}/' in said.text, name
                assert 'http://' not in said.text, name


def test_private_keys_are_their_owners_alone(lab: cloud.Lab) -> None:
    keys = list(lab.layout.key('any').parent.glob('*.key'))

    assert len(keys) == len(apis(lab)) + 2
    assert {stat.S_IMODE(os.stat(one).st_mode) for one in keys} == {0o600}


def test_no_secret_is_in_the_logs(lab: cloud.Lab) -> None:
    secrets = [lab.renderer.password, 'PRIVATE KEY']
    for path in lab.layout.log('x').parent.rglob('*.log'):
        said = path.read_text(errors='replace')
        assert not [one for one in secrets if one in said], path.name
