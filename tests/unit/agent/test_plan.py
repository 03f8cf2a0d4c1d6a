# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The plan, held against what a packet would meet."""

from collections.abc import Iterable, Mapping
import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import netaddr
import pytest

from tricircle.agent import plan

DHCP4 = {'eth_type': 0x0800, 'ip_proto': 17, 'udp_src': 67, 'udp_dst': 68}
ASKED4 = {'eth_type': 0x0800, 'ip_proto': 17, 'udp_src': 68, 'udp_dst': 67}
DHCP6 = {'eth_type': 0x86DD, 'ip_proto': 17, 'udp_src': 547, 'udp_dst': 546}
RA = {'eth_type': 0x86DD, 'ip_proto': 58, 'icmpv6_type': 134}
RS = {**RA, 'icmpv6_type': 133}
CLAIM = {
    'eth_type': 0x86DD,
    'ip_proto': 58,
    'icmpv6_type': 135,
    'ipv6_src': '::',
    'ipv6_nd_target': 'fe80::a9fe:a9fe',
}
CLAIM_ANSWER = {**CLAIM, 'icmpv6_type': 136, 'ipv6_src': 'fe80::a9fe:a9fe'}
INSTANCE_ASKS = {**CLAIM, 'ipv6_src': 'fe80::1'}
PING = {'eth_type': 0x0800, 'ip_proto': 1}

macs = st.integers(0, (1 << 24) - 1).map(
    lambda number: 'fa:16:3e:' + number.to_bytes(3, 'big').hex(':')
)
services = st.builds(
    plan.Service,
    dhcp4=st.booleans(),
    dhcp6=st.booleans(),
    advertised=st.booleans(),
    external=st.booleans(),
    servers=st.frozensets(macs, max_size=3),
    routers=st.frozensets(macs, max_size=3),
)
segments = st.builds(
    plan.Segment, st.just('bridge'), st.none() | st.integers(1, 4094)
)
uplinks = st.frozensets(st.integers(1, 99), min_size=1, max_size=3)


def fate(
    flows: Iterable[plan.Flow], packet: Mapping[str, object]
) -> bool | None:
    """Return whether a packet passes or is dropped; None: no flow says."""
    hits = [
        flow
        for flow in flows
        if all(_meets(packet.get(field), value) for field, value in flow.match)
    ]
    best = max((flow.priority for flow in hits), default=0)
    fates = {flow.passes for flow in hits if flow.priority == best}
    assert len(fates) <= 1, hits
    return fates.pop() if fates else None


def _meets(value: object, wanted: plan.Value) -> bool:
    if isinstance(wanted, tuple):
        return value is not None and str(value) in netaddr.IPNetwork(
            '/'.join(wanted)
        )
    return value == wanted


def on_wire(
    segment: plan.Segment, uplink: int, mac: str, said: Mapping[str, object]
) -> dict[str, object]:
    vid = 0 if segment.vlan is None else 0x1000 | segment.vlan
    return {'in_port': uplink, 'vlan_vid': vid, 'eth_src': mac, **said}


@given(segments, services, uplinks, macs)
def test_who_may_speak_on_a_wire(
    segment: plan.Segment,
    service: plan.Service,
    ports: frozenset[int],
    stranger: str,
) -> None:
    flows = plan.wire_flows(segment, service, ports)
    out = service.external and segment.vlan is None
    own = service.servers | service.routers
    guarded = service.dhcp4 or service.dhcp6 or service.advertised
    for port in ports:
        for mac in own | {stranger}:
            for said, given_here, senders in (
                (DHCP4, service.dhcp4, service.servers),
                (DHCP6, service.dhcp6, service.servers),
                (RA, service.advertised, service.routers),
                (CLAIM, guarded, own),
                (CLAIM_ANSWER, guarded, own),
            ):
                expected = mac in senders if given_here and not out else None
                packet = on_wire(segment, port, mac, said)
                assert fate(flows, packet) is expected


@given(segments, services, uplinks, macs)
def test_nothing_else_is_touched(
    segment: plan.Segment,
    service: plan.Service,
    ports: frozenset[int],
    mac: str,
) -> None:
    flows = plan.wire_flows(segment, service, ports)
    (port, *_) = ports
    for said in (ASKED4, RS, INSTANCE_ASKS, PING):
        assert fate(flows, on_wire(segment, port, mac, said)) is None
    # From the integration bridge, or on another VLAN, or untagged.
    for said in (DHCP4, DHCP6, RA, CLAIM):
        assert fate(flows, on_wire(segment, 100, mac, said)) is None
        other = plan.Segment('bridge', (segment.vlan or 0) % 4094 + 1)
        if other != segment:
            assert fate(flows, on_wire(other, port, mac, said)) is None


@given(segments, uplinks, macs)
def test_what_is_not_known_is_closed(
    segment: plan.Segment, ports: frozenset[int], mac: str
) -> None:
    flows = plan.wire_flows(segment, plan.UNKNOWN, ports)

    for port in ports:
        for said in (DHCP4, DHCP6, RA, CLAIM, CLAIM_ANSWER):
            assert fate(flows, on_wire(segment, port, mac, said)) is False


def test_a_network_without_a_way_to_the_wire_needs_no_flows() -> None:
    segment = plan.Segment('bridge', 100)

    assert plan.wire_flows(segment, plan.UNKNOWN, ()) == frozenset()


@given(services)
def test_what_a_service_was_read_from_changes_no_flow(
    service: plan.Service,
) -> None:
    segment = plan.Segment('bridge', 100)
    told = dataclasses.replace(service, read_from=frozenset({'a-port'}))

    assert plan.wire_flows(segment, told, (1,)) == plan.wire_flows(
        segment, service, (1,)
    )


@pytest.mark.parametrize(
    'said', [DHCP4, ASKED4, DHCP6, RS, RA, CLAIM, CLAIM_ANSWER, INSTANCE_ASKS]
)
def test_tunnels_of_other_regions_are_silenced(
    said: dict[str, object],
) -> None:
    flows = plan.tunnel_flows(
        [netaddr.IPNetwork('172.30.2.0/24'), netaddr.IPNetwork('fd00::7/128')]
    )

    assert fate(flows, {**said, 'tun_ipv4_src': '172.30.2.9'}) is False
    assert fate(flows, {**said, 'tun_ipv6_src': 'fd00::7'}) is False
    assert fate(flows, {**said, 'tun_ipv4_src': '172.30.1.9'}) is None
    assert fate(flows, said) is None


def test_tunnels_of_other_regions_carry_everything_else() -> None:
    flows = plan.tunnel_flows([netaddr.IPNetwork('0.0.0.0/0')])

    for said in (PING, {**CLAIM, 'ipv6_nd_target': 'fe80::1'}):
        assert fate(flows, {**said, 'tun_ipv4_src': '172.30.2.9'}) is None
