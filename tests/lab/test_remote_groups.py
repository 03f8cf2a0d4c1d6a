# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Remote groups over a router: the default group alone, as users have it.

Two networks, each in one region, whose instances no tunnel joins: what
crosses goes over the bridge network of their router.
"""

import pytest

from lab import cloud
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough

#: Seconds for agents to have heard of what left a group.
_HEARD = 30.0


def _pair(owner: tenant.Tenant) -> tuple[tenant.Instance, tenant.Instance]:
    """Return an instance in each of two regions, on one router."""
    router = owner.central.create_router(name=owner.name)
    asked = []
    for step, region in enumerate(owner.regions[:2], 1):
        network = owner.network(f'10.41.{step}.0/24', [region], f'net{step}')
        (subnet,) = owner.central.subnets(network_id=network.id)
        owner.central.add_interface_to_router(router.id, subnet_id=subnet.id)
        asked.append((region, owner.ask(region, {'uuid': network.id}).id))
    one, other = (owner.wait(*each) for each in asked)
    return one, other


def _reach_each_other(
    lab: cloud.Lab, one: tenant.Instance, other: tenant.Instance
) -> None:
    packets.await_ping(lab, one, other.ip)
    packets.await_ping(lab, other, one.ip)


def _await_silence(
    lab: cloud.Lab, one: tenant.Instance, other: tenant.Instance
) -> None:
    """Wait until nothing of one instance comes back from another."""

    def look() -> None:
        assert packets.ping(lab, one, other.ip, 5).lost == 5

    waiting.eventually(look, _HEARD)


def test_the_default_group_admits_its_members_of_other_networks(
    lab: cloud.Lab, own_tenant: tenant.Tenant
) -> None:
    owner = own_tenant
    one, other = _pair(owner)
    default = owner.default_group()

    _reach_each_other(lab, one, other)

    # A member that leaves is admitted no more, nor answered.
    apart = owner.central.create_security_group(name='apart')
    owner.central.update_port(other.port_id, security_group_ids=[apart.id])
    _await_silence(lab, other, one)
    _await_silence(lab, one, other)

    owner.central.update_port(
        other.port_id, security_group_ids=[apart.id, default.id]
    )
    _reach_each_other(lab, one, other)

    # And the other one, of the other region.
    owner.central.update_port(one.port_id, security_group_ids=[apart.id])
    _await_silence(lab, one, other)
    owner.central.update_port(one.port_id, security_group_ids=[default.id])
    _reach_each_other(lab, one, other)

    # Another region's instance with a name of its own admits nobody.
    stranger = owner.boot(
        other.region,
        {'uuid': other.nics[0].network_id},
        name='stranger',
        security_groups=[{'name': 'apart'}],
    )
    _await_silence(lab, stranger, one)
