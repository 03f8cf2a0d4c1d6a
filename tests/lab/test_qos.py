# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies of central are in the switches of every region."""

import re

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

pytestmark = pytest.mark.thorough
_DSCP = 26


def _tap(instance: tenants.Instance) -> str:
    return f'tap{instance.port_id}'[:14]


def _on(lab: cloud.Lab, instance: tenants.Instance, *command: str) -> str:
    done = packets.inside(lab, instance.host, command)
    assert done.returncode == 0, f'{instance.host}: {command}: {done.stderr}'
    return done.stdout


def _limit(lab: cloud.Lab, instance: tenants.Instance) -> int:
    """Return the kilobits per second that an instance may send."""
    found = _on(
        lab,
        instance,
        *('ovs-vsctl', 'get', 'Interface', _tap(instance)),
        'ingress_policing_rate',
    )
    return int(found)


def _queued(lab: cloud.Lab, instance: tenants.Instance) -> list[int]:
    """Return the bits per second that an instance may receive."""
    found = _on(lab, instance, 'ovs-vsctl', 'list', 'Queue')
    return [
        int(rate)
        for queue in found.split('_uuid')
        if _tap(instance) in queue
        for rate in re.findall(r'max-rate="(\d+)"', queue)
    ]


def _is_marked(lab: cloud.Lab, instance: tenants.Instance) -> bool:
    """Tell whether what an instance sends gets the mark."""
    number = _on(
        lab,
        instance,
        *('ovs-vsctl', 'get', 'Interface', _tap(instance), 'ofport'),
    ).strip()
    flows = _on(
        lab,
        instance,
        *('ovs-ofctl', 'dump-flows', 'br-int', f'in_port={number}'),
    )
    return f'mod_nw_tos:{_DSCP << 2}' in flows


def test_limits_and_marks_come_to_every_region_and_go(
    lab: cloud.Lab, own_tenant: tenants.Tenant
) -> None:
    admin = own_tenant.at(topologies.CENTRAL, as_admin=True).network
    policy = admin.create_qos_policy(
        name=own_tenant.name, project_id=own_tenant.project_id
    )
    limit = admin.create_qos_bandwidth_limit_rule(
        policy, max_kbps=3000, max_burst_kbps=300, direction='egress'
    )
    admin.create_qos_bandwidth_limit_rule(
        policy, max_kbps=2000, max_burst_kbps=200, direction='ingress'
    )
    admin.create_qos_dscp_marking_rule(policy, dscp_mark=_DSCP)
    network = own_tenant.network('10.61.0.0/24')
    admin.update_network(network.id, qos_policy_id=policy.id)
    instances = list(own_tenant.boot_everywhere(network.id).values())

    def shaped(max_kbps: int, other_way: list[int], marked: bool) -> None:
        def look() -> None:
            for one in instances:
                assert _limit(lab, one) == max_kbps
                assert _queued(lab, one) == other_way
                assert _is_marked(lab, one) is marked

        waiting.eventually(look, 30)

    shaped(3000, [2_000_000], True)
    admin.update_qos_bandwidth_limit_rule(limit, policy, max_kbps=5000)
    shaped(5000, [2_000_000], True)
    admin.update_network(network.id, qos_policy_id=None)
    shaped(0, [], False)

    # On a port of its own, in one region.
    (one, *others) = instances
    admin.update_port(one.port_id, qos_policy_id=policy.id)
    waiting.eventually(lambda: _assert_limited(lab, one, others, 5000), 30)
    admin.update_port(one.port_id, qos_policy_id=None)
    shaped(0, [], False)
    admin.delete_qos_policy(policy)


def _assert_limited(
    lab: cloud.Lab,
    one: tenants.Instance,
    others: list[tenants.Instance],
    max_kbps: int,
) -> None:
    assert _limit(lab, one) == max_kbps
    assert [_limit(lab, other) for other in others] == [0] * len(others)
