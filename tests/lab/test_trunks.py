# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks of central: what instances send as VLANs crosses regions."""

from collections.abc import Iterator
import contextlib
import dataclasses
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from lab import cloud
from lab import layout as layouts
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough

_PROGRAM = Path(__file__).parent / 'vlan_interface.py'
_VLAN = 100


@dataclasses.dataclass(frozen=True)
class Trunk:
    """A trunk of central, with the one port that it carries."""

    id: str
    parent: Any
    carried: Any

    @property
    def ip(self) -> str:
        """The address of the port that it carries."""
        return str(self.carried.fixed_ips[0]['ip_address'])


def _trunk(one: tenant.Tenant, parents: Any, carried: Any) -> Trunk:
    parent, port = (
        one.central.create_port(network_id=network.id)
        for network in (parents, carried)
    )
    made = one.central.create_trunk(
        port_id=parent.id,
        sub_ports=[
            {
                'port_id': port.id,
                'segmentation_type': 'vlan',
                'segmentation_id': _VLAN,
            }
        ],
    )
    return Trunk(made.id, parent, port)


@contextlib.contextmanager
def _vlan_interface(
    lab: cloud.Lab, instance: tenant.Instance, trunk: Trunk
) -> Iterator[None]:
    device = f'tap{trunk.parent.id}'[:14]
    arguments = [
        *(device, str(_VLAN), trunk.carried.mac_address),
        f'{trunk.ip}/24',
    ]
    running = subprocess.Popen(
        lab.command_in(
            instance.id, [sys.executable, str(_PROGRAM), *arguments]
        ),
        env=layouts.environment(),
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(10)


def test_what_trunks_carry_crosses_regions(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    one, other = lab.topology.regions[:2]
    parents = own_tenant.network('10.30.0.0/24', name='parents')
    carried = own_tenant.network('10.31.0.0/24', name='carried')
    trunks = [_trunk(own_tenant, parents, carried) for _region in range(2)]
    asked = [
        own_tenant.ask(region.name, {'port': trunk.parent.id}).id
        for region, trunk in zip((one, other), trunks, strict=True)
    ]
    here, there = (
        own_tenant.wait(region.name, server)
        for region, server in zip((one, other), asked, strict=True)
    )

    packets.await_ping(lab, here, there.ip)
    with (
        _vlan_interface(lab, here, trunks[0]),
        _vlan_interface(lab, there, trunks[1]),
    ):
        packets.await_ping(lab, here, trunks[1].ip)
        packets.await_ping(lab, there, trunks[0].ip)
        assert packets.ping(lab, here, trunks[1].ip).lost == 0

        def active() -> None:
            for trunk in trunks:
                shown = own_tenant.central.get_trunk(trunk.id)
                assert shown.status == 'ACTIVE', shown.status

        waiting.eventually(active)
        said = [{'port_id': trunks[1].carried.id}]
        own_tenant.central.delete_trunk_subports(trunks[1].id, said)

        def silent() -> None:
            loss = packets.ping(lab, here, trunks[1].ip, 5)
            assert loss.lost == 5, loss

        waiting.eventually(silent)

    own_tenant.delete(here, there)

    def end() -> None:
        for trunk in trunks:
            own_tenant.central.delete_trunk(trunk.id)

    # When central has heard that the parents are free.
    waiting.eventually(end)
    for trunk in trunks:
        for port in (trunk.parent, trunk.carried):
            own_tenant.central.delete_port(port.id)
