# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tenants apart from each other, and groups that hold in every region."""

from collections.abc import Iterator
import dataclasses

import pytest

from lab import cloud
from tests.lab import conftest
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting


@dataclasses.dataclass(frozen=True)
class Guarded:
    """Two servers of a group that lets nobody in, and one of the default.

    :ivar outsider: in the first region, member of the default group
    :ivar near: guarded, in the first region
    :ivar far: guarded, in the second
    """

    owner: tenant.Tenant
    group_id: str
    outsider: tenant.Instance
    near: tenant.Instance
    far: tenant.Instance

    @property
    def targets(self) -> tuple[tenant.Instance, tenant.Instance]:
        """Those that must be reached by those alone who may."""
        return self.near, self.far


@pytest.fixture(scope='module')
def guarded(module_tenant: tenant.Tenant) -> Iterator[Guarded]:
    """A network in all regions with servers in two groups."""
    network = module_tenant.network('10.5.0.0/24')
    group = module_tenant.central.create_security_group(name='guarded')
    one, other = module_tenant.regions[:2]
    nic = {'uuid': network.id}
    asked = [
        (
            region,
            module_tenant.ask(
                region,
                nic,
                name=name,
                security_groups=[{'name': wanted}],
            ).id,
        )
        for region, name, wanted in (
            (one, 'outsider', module_tenant.default_group().id),
            (one, 'near', group.id),
            (other, 'far', group.id),
        )
    ]
    outsider, near, far = (module_tenant.wait(*item) for item in asked)
    # Each has its lease, so that silence later is the group's doing.
    waiting.eventually(lambda: _leased(module_tenant, outsider, near, far))
    yield Guarded(module_tenant, group.id, outsider, near, far)


def _leased(one: tenant.Tenant, *instances: tenant.Instance) -> None:
    for instance in instances:
        assert packets.leased(one.lab, instance) == [f'{instance.ip}/24']


def _reached(
    lab: cloud.Lab,
    one: tenant.Instance,
    others: tuple[tenant.Instance, ...],
    wanted: bool,
) -> None:
    answers = {
        other.name: packets.ping(lab, one, other.ip, 2).received > 0
        for other in others
    }
    assert answers == {other.name: wanted for other in others}


def test_a_rule_opens_and_closes_in_every_region(
    lab: cloud.Lab, guarded: Guarded
) -> None:
    _reached(lab, guarded.outsider, guarded.targets, False)

    rule = guarded.owner.allow(guarded.group_id, 'icmp')
    waiting.eventually(
        lambda: _reached(lab, guarded.outsider, guarded.targets, True)
    )

    guarded.owner.central.delete_security_group_rule(rule.id)
    waiting.eventually(
        lambda: _reached(lab, guarded.outsider, guarded.targets, False)
    )


def test_a_remote_group_means_its_members_in_all_regions(
    lab: cloud.Lab, guarded: Guarded
) -> None:
    # Not a member of its own group yet: near and far are strangers.
    _reached(lab, guarded.near, (guarded.far,), False)

    rule = guarded.owner.allow(
        guarded.group_id, 'icmp', remote_group_id=guarded.group_id
    )

    waiting.eventually(
        lambda: _reached(lab, guarded.near, (guarded.far,), True)
    )
    waiting.eventually(
        lambda: _reached(lab, guarded.far, (guarded.near,), True)
    )
    # Who is no member is still kept out.
    _reached(lab, guarded.outsider, guarded.targets, False)
    guarded.owner.central.delete_security_group_rule(rule.id)
    waiting.eventually(
        lambda: _reached(lab, guarded.near, (guarded.far,), False)
    )


@pytest.mark.thorough
def test_tenants_with_the_same_addresses_do_not_meet(
    lab: cloud.Lab, new_tenant: conftest.NewTenant
) -> None:
    cidr = '10.5.1.0/24'
    one, other = lab.topology.regions[:2]
    mine, theirs = new_tenant('mine'), new_tenant('theirs')
    networks = {}
    for who in (mine, theirs):
        networks[who] = who.network(cidr).id
        # What keeps them apart is not a group.
        who.allow(who.default_group().id, 'icmp')
    lonely_id = mine.ask(one.name, {'uuid': networks[mine]}).id
    asked = [
        theirs.ask(region, {'uuid': networks[theirs]}).id
        for region in (one.name, one.name, other.name)
    ]
    lonely = mine.wait(one.name, lonely_id)
    others = [
        theirs.wait(region, server_id)
        for region, server_id in zip(
            (one.name, one.name, other.name), asked, strict=True
        )
    ]

    # They reach each other, so they do answer.
    for instance in others[1:]:
        packets.await_ping(lab, others[0], instance.ip)
    for instance in others:
        if instance.ip != lonely.ip:
            assert packets.ping(lab, lonely, instance.ip, 3).received == 0
            # Nor in the other tenant's place: nobody has that address.
            assert packets.ping(lab, instance, lonely.ip, 3).received == (
                3 if any(one.ip == lonely.ip for one in others) else 0
            )
