# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups mean in all regions what they mean in one: with packets.

All of it in IPv4 and IPv6, with pings and TCP, between instances that are on
one network, with tunnels or a wire, and on two of one region each, where what
crosses goes over the bridge network of their router.
"""

from collections.abc import Iterator
import contextlib

import pytest

from lab import cloud
from tests.lab import conversations
from tests.lab import remote_groups
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.thorough

#: Of an instance's subnets, free for another address of its.
_ANOTHER = 100
_ALLOWED = 101
#: Seconds in which connections are to end, and how long one is listened to.
_ENDS = 30.0
_LISTENS = 2.0


@pytest.fixture(scope='module', params=remote_groups.SHAPES)
def party(
    request: pytest.FixtureRequest,
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
) -> Iterator[remote_groups.Party]:
    """Instances of two regions; each test leaves them as they were."""
    shape = request.param
    made = remote_groups.Party(
        lab, module_tenant, shape, 10 * remote_groups.SHAPES.index(shape)
    )
    # The first packets wait for tunnels and routers.
    made.await_ways(made.there, made.here, remote_groups.ALL, 90.0)
    yield made
    module_tenant.delete(*made.instances)


@pytest.fixture(params=['there', 'here'])
def moving(
    request: pytest.FixtureRequest, party: remote_groups.Party
) -> tuple[tenant.Instance, tenant.Instance]:
    """The instance that something happens to, and that of the other region.

    In either region.
    """
    both = party.there, party.here
    return both if request.param == 'there' else both[::-1]


@pytest.fixture
def apart(party: remote_groups.Party) -> Iterator[str]:
    """A group that lets nobody in."""
    group = party.group('apart')
    yield group
    party.owner.central.delete_security_group(group)


def test_members_of_the_default_group_reach_each_other(
    party: remote_groups.Party,
) -> None:
    party.await_all(party.here, party.there)
    party.await_all(party.there, party.here)


def test_a_member_that_leaves_is_let_in_no_more_until_it_joins_again(
    party: remote_groups.Party,
    moving: tuple[tenant.Instance, tenant.Instance],
    apart: str,
) -> None:
    mover, other = moving

    party.join(mover, apart)
    party.await_none(mover, other)
    party.await_none(other, mover)

    party.join(mover, apart, party.default)
    party.await_all(mover, other)
    party.await_all(other, mover)
    party.join(mover, party.default)
    party.await_all(mover, other)


def test_a_rule_lets_in_who_is_in_the_group_that_it_names(
    party: remote_groups.Party,
    moving: tuple[tenant.Instance, tenant.Instance],
) -> None:
    mover, other = moving
    central = party.owner.central
    guests, strangers = party.group('guests'), party.group('strangers')
    door = party.group('door', admits=[guests])

    party.join(other, door)
    party.join(mover, guests)
    party.await_all(mover, other)
    party.join(mover, strangers)
    party.await_none(mover, other)
    party.join(mover, guests, strangers)
    party.await_all(mover, other)
    # Guests let in nobody, nor does the rule let in those of its own group.
    party.await_none(other, mover)

    for one in moving:
        party.join(one, party.default)
    for group in (door, guests, strangers):
        central.delete_security_group(group)
    party.await_all(other, mover)


def test_a_member_is_let_in_at_the_address_that_it_changes_to(
    party: remote_groups.Party,
    moving: tuple[tenant.Instance, tenant.Instance],
) -> None:
    mover, other = moving
    central = party.owner.central
    fixed = central.get_port(mover.port_id).fixed_ips
    before = party.addresses(mover)
    after = before.at(_ANOTHER)
    named = dict(zip(before.hosts(), after.hosts(), strict=True))

    central.update_port(
        mover.port_id,
        fixed_ips=[
            {**one, 'ip_address': named[one['ip_address']]} for one in fixed
        ],
    )
    party.wear(mover, after)
    party.await_all(mover, other)
    party.await_all(other, mover)

    central.update_port(mover.port_id, fixed_ips=fixed)
    party.wear(mover, before)
    party.await_all(mover, other)
    party.await_all(other, mover)


def test_an_allowed_address_is_let_in_as_that_of_its_port_is(
    party: remote_groups.Party,
    moving: tuple[tenant.Instance, tenant.Instance],
    apart: str,
) -> None:
    mover, other = moving
    central = party.owner.central
    usual = party.addresses(mover)
    allowed = usual.at(_ALLOWED)

    central.update_port(
        mover.port_id,
        allowed_address_pairs=[{'ip_address': one} for one in allowed.hosts()],
    )
    party.wear(mover, allowed)
    party.await_all(mover, other)
    party.await_all(other, mover, at=allowed)

    # It is allowed to send so still, but is no member.
    party.join(mover, apart)
    party.await_none(mover, other)
    party.join(mover, party.default)
    party.await_all(mover, other)

    central.update_port(mover.port_id, allowed_address_pairs=[])
    party.await_none(mover, other)
    party.wear(mover, usual)
    party.await_all(mover, other)


def test_a_connection_ends_when_its_member_leaves_as_in_one_region(
    lab: cloud.Lab, party: remote_groups.Party, apart: str
) -> None:
    members = party.beside, party.there
    with contextlib.ExitStack() as stack:
        stack.enter_context(conversations.answering(lab, party.here))
        by_member = {
            member: [
                stack.enter_context(
                    conversations.with_one(lab, member, address)
                )
                for address in party.addresses(party.here).hosts()
            ]
            for member in members
        }
        for held in by_member.values():
            assert [one.answers(5.0) for one in held] == [True, True]

        for member in members:
            party.join(member, apart)

        def ended() -> None:
            # By region: in one region is what is to be between two, too.
            answered = {
                member.region: [one.answers(_LISTENS) for one in held]
                for member, held in by_member.items()
            }
            assert answered == {
                member.region: [False, False] for member in members
            }

        waiting.eventually(ended, _ENDS)
    for member in members:
        party.join(member, party.default)
        party.await_all(member, party.here)
