# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a tenant is told by the stock ``openstack`` client."""

from collections.abc import Mapping
import subprocess

from lab import bootstrap
from lab import layout as layouts
from tests.lab import tenant

#: Of servers that cannot be.
_NAME = 'refused'


def run(
    shell: Mapping[str, str], one: tenant.Tenant, region: str, *command: str
) -> str:
    """Run a command of the client as a tenant; return what it prints.

    :param shell: an environment that has the client
    :raises AssertionError: when it fails
    """
    done = _run(shell, one, region, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _run(
    shell: Mapping[str, str], one: tenant.Tenant, region: str, *command: str
) -> 'subprocess.CompletedProcess[str]':
    return subprocess.run(
        ['openstack', *command],
        env={**shell, **one.lab.openrc(region, one.name, one.name)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=layouts.ROOT,
        timeout=tenant.BOOT_SECONDS,
        check=False,
    )


def refusal(
    shell: Mapping[str, str],
    one: tenant.Tenant,
    region: str,
    network_id: str,
) -> str:
    """Ask for a server that cannot be; return what its user is told.

    That is what the client prints, or, when Nova asks Neutron later, the
    fault of the server, which this deletes.

    :param shell: an environment that has the client
    :raises AssertionError: when there is one nevertheless
    """
    done = _run(
        shell,
        one,
        region,
        *('server', 'create', '--wait'),
        *('--flavor', '1', '--image', bootstrap.IMAGE),
        *('--nic', f'net-id={network_id}', _NAME),
    )
    assert done.returncode, done.stdout
    compute = one.at(region).compute
    (server,) = list(compute.servers(name=_NAME)) or [None]
    if server is None:
        return done.stderr
    assert server.status == 'ERROR', server.status
    told = str(server.fault['message'])
    compute.delete_server(server.id)
    one.await_gone(region, server.id)
    return told
