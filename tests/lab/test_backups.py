# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region whose Neutron comes back from a backup, and packets."""

from collections.abc import Iterator
import contextlib

import pytest

from lab import cloud
from lab import databases
from lab import layout as layouts
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = [pytest.mark.alone, pytest.mark.thorough]

#: Seconds in which a sweep and the agents mend it.
_MENDED = 120.0


@contextlib.contextmanager
def _restored(lab: cloud.Lab, region: str) -> Iterator[None]:
    """Have a region's Neutron be, after the block, as it was before.

    Nova and the agents stay as they are.
    """
    database = f'neutron_{region}'
    services = [f'neutron-rpc-server-{region}', f'neutron-server-{region}']
    backup = databases.dump(lab.layout, database)
    yield
    for name in services:
        lab.kill(name)
    databases.load(lab.layout, database, backup)
    for name in services:
        lab.restart(name, lambda _text: None)


def _sweep(lab: cloud.Lab, region: str) -> str:
    """Have a region compared with central, as operators do it."""
    return lab.machines[lab.services['tricircle-xjob'].machine].run(
        [
            str(layouts.BIN / 'tricircle-xjob'),
            *('--config-file', str(lab.layout.etc('tricircle') / 'xjob.conf')),
            *('--sweep', '--region', region),
        ]
    )


def test_a_server_that_was_booted_after_it_keeps_its_connection(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    one, other = own_tenant.regions[:2]
    network = own_tenant.network('10.8.3.0/24')
    here = own_tenant.boot(one, {'uuid': network.id})
    kept = own_tenant.boot(other, {'uuid': network.id})
    packets.await_ping(lab, here, kept.ip)
    with _restored(lab, other):
        later = own_tenant.boot(other, {'uuid': network.id})
        packets.await_ping(lab, here, later.ip)
    admin = own_tenant.at(other, as_admin=True).network
    assert later.port_id not in {
        port.id for port in admin.ports(network_id=network.id)
    }

    said = _sweep(lab, other)

    assert later.port_id in said
    for server in (kept, later):
        packets.await_ping(lab, here, server.ip, _MENDED)
        packets.await_ping(lab, server, here.ip, _MENDED)

    def mended() -> None:
        for at in (other, topologies.CENTRAL):
            port = own_tenant.at(at, as_admin=True).network.get_port(
                later.port_id
            )
            assert port.device_id == later.id
            assert port.binding_host_id == later.host
            assert port.status == 'ACTIVE'

    waiting.eventually(mended, _MENDED)
