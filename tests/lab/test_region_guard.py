# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""DHCP and router advertisements come from an instance's own region only."""

from collections.abc import Iterator
import contextlib
import functools
import ipaddress
import signal
import textwrap
import time
from typing import Any

import pytest

from lab import cloud
from lab import openvswitch
from tests.lab import packets
from tests.lab import stretched as stretched_networks
from tests.lab import tenant as tenants
from tests.lab import waiting

pytestmark = pytest.mark.alone
#: Every question of the probe that a proper client would put.
_PROPER = (
    'DISCOVER',
    'SELECT',
    'INIT-REBOOT',
    'REBIND',
    'INFORM',
    'SOLICIT',
    'REQUEST v6',
    'RENEW v6',
    'INFORMATION-REQUEST',
    'REBIND v6',
)
_DNS = ('192.0.2.53', '2001:db8::53')
_ROUTE = {'destination': '198.51.100.0/24', 'nexthop': '10.3.1.77'}
_METADATA = '169.254.169.254/32'
#: Of the probe's questions, those that leaked before there was the guard.
_SERVED = ('INFORM', 'SOLICIT', 'INFORMATION-REQUEST')
#: After so many seconds every router has been heard that can be: each
#: advertises itself every three to four, whether it is asked or not.
_ADVERTISED = 6.0
#: What is deleted where, to take the guard's flows away.
_GUARDED = ('udp', 'udp6', 'icmp6')


@pytest.fixture(
    scope='module',
    params=['vxlan', pytest.param('vlan', marks=pytest.mark.thorough)],
)
def stretched(
    request: pytest.FixtureRequest, module_tenant: tenants.Tenant
) -> Iterator[stretched_networks.Network]:
    """A network of each type: one with name servers and routes of its own."""
    if request.param == 'vxlan':
        found = stretched_networks.create(
            module_tenant, 'vxlan', 1, dns=_DNS, routes=[_ROUTE]
        )
    else:
        found = stretched_networks.create(
            module_tenant,
            'vlan',
            2,
            provider_network_type='vlan',
            provider_physical_network='bridge',
        )
    assert len({one.mac for one in found.servers.values()}) == len(
        found.servers
    )
    yield found
    module_tenant.delete(*found.instances)


@pytest.fixture(scope='module')
def routed(
    lab: cloud.Lab, stretched: stretched_networks.Network
) -> Iterator[stretched_networks.Network]:
    """The same, with a router that advertises itself in each region.

    They stand where those of Neutron's L3 agent do, in the host's
    integration bridge, and run the same radvd.
    """
    hosts = {region.name: region.hosts[0] for region in lab.topology.regions}
    for number, (region, host) in enumerate(hosts.items()):
        mac = f'fa:16:3e:00:03:{number:02x}'
        stretched.routers[mac] = region
        (instance,) = (one for one in stretched.instances if one.host == host)
        _add_router(lab, stretched, instance, mac)
    yield stretched
    for host in hosts.values():
        _on(lab, host, f'kill {_router_pid(lab, host)}')
        _on(lab, host, 'ip netns delete ra')
        _on(lab, host, 'ovs-vsctl del-port br-int ra0')
    stretched.routers.clear()


def _add_router(
    lab: cloud.Lab,
    stretched: stretched_networks.Network,
    instance: tenants.Instance,
    mac: str,
) -> None:
    host = instance.host
    tap = f'tap{instance.port_id}'[:14]
    tag = _on(lab, host, f'ovs-vsctl get Port {tap} tag').strip()
    prefix = stretched.address(instance, 6).partition('::')[0]
    settings = lab.layout.run(f'radvd-{host}.conf')
    settings.write_text(
        textwrap.dedent(f"""\
        interface ra0 {{
            AdvSendAdvert on;
            MinRtrAdvInterval 3;
            MaxRtrAdvInterval 4;
            AdvManagedFlag on;
            prefix {prefix}::/64 {{ AdvAutonomous off; }};
        }};
        """)
    )
    for command in (
        f'ovs-vsctl add-port br-int ra0 tag={tag} '
        '-- set Interface ra0 type=internal',
        'ip netns add ra',
        'ip link set ra0 netns ra',
        f'ip -n ra link set ra0 address {mac}',
        'ip netns exec ra sysctl -qw net.ipv6.conf.all.forwarding=1',
        'ip -n ra link set ra0 up',
    ):
        _on(lab, host, command)
    # radvd wants an address that is not tentative.
    waiting.eventually(lambda: _has_link_local(lab, host))
    pid = lab.layout.run(f'radvd-{host}.pid')
    _on(lab, host, f'ip netns exec ra radvd -C {settings} -p {pid}')


def _has_link_local(lab: cloud.Lab, host: str) -> None:
    told = _on(lab, host, 'ip -n ra -6 -o addr show dev ra0')
    assert 'fe80' in told, told
    assert 'tentative' not in told, told


def _router_pid(lab: cloud.Lab, host: str) -> int:
    return int(lab.layout.run(f'radvd-{host}.pid').read_text())


def _on(lab: cloud.Lab, machine: str, command: str) -> str:
    done = packets.inside(lab, machine, command.split())
    assert done.returncode == 0, f'{machine}: {command}: {done.stderr}'
    return done.stdout


def _await_only_own(network: stretched_networks.Network) -> None:
    """Wait until that holds for every instance, see :func:`_only_own`."""
    waiting.together(
        lambda one: waiting.eventually(lambda: _only_own(network, one)),
        network.instances,
    )


def _only_own(
    network: stretched_networks.Network, instance: tenants.Instance
) -> None:
    """Assert what must hold whenever the server of a region runs."""
    own = {instance.region}
    found = network.answering(instance)
    for other in network.servers.keys() - own:
        assert found.pop(f'RENEW {other}') == set()
    foreign = {key: who for key, who in found.items() if not who <= own}
    assert foreign == {}
    proper = (*_PROPER, f'RENEW {instance.region}')
    assert {key: found[key] for key in proper} == dict.fromkeys(proper, own)


def test_only_the_own_regions_server_answers(
    stretched: stretched_networks.Network,
) -> None:
    _await_only_own(stretched)


def test_first_lease_is_of_the_own_region(
    stretched: stretched_networks.Network,
) -> None:
    for one in stretched.instances:
        server = stretched.servers[one.region]
        first = waiting.eventually(functools.partial(_leased, stretched, one))

        assert first['server'] == server.ip4
        assert first['ip'] == f'{stretched.address(one, 4)}/24'
        assert first['mtu'] == str(stretched.network.mtu)


def _leased(
    network: stretched_networks.Network,
    instance: tenants.Instance,
    after: int = 0,
) -> dict[str, str]:
    leases = network.leases(instance)
    assert len(leases) > after
    return leases[-1]


@pytest.mark.thorough
def test_name_servers_and_routes_are_those_of_the_own_region(
    stretched: stretched_networks.Network,
) -> None:
    custom = _tunnelled(stretched)
    for one in stretched.instances:
        server = stretched.servers[one.region]
        found = stretched.replies(one, 'DISCOVER', 'INFORM', 'SOLICIT')

        for question in ('DISCOVER', 'INFORM'):
            (reply,) = found[question]
            assert reply['dns'] == [_DNS[0] if custom else server.ip4]
            assert reply['gateways'] == [server.gateway]
            assert reply['mtu'] == stretched.network.mtu
            routes = {
                route['destination']: route['nexthop']
                for route in reply['routes']
            }
            assert routes.pop(_METADATA) == server.ip4
            assert routes.pop('0.0.0.0/0') == server.gateway
            if custom:
                assert routes.pop(_ROUTE['destination']) == _ROUTE['nexthop']
            # What is left leads to the network itself.
            assert set(routes.values()) <= {'0.0.0.0'}
        (reply,) = found['SOLICIT']
        assert reply['address'] == stretched.address(one, 6)
        assert reply['dns'] == [_DNS[1] if custom else server.ip6]


@pytest.mark.thorough
def test_a_client_renews_with_its_own_server(
    stretched: stretched_networks.Network,
) -> None:
    for one in stretched.instances:
        server = stretched.servers[one.region]
        before = len(stretched.leases(one))
        stretched.signal_client(one, signal.SIGUSR1)

        renewed = waiting.eventually(
            functools.partial(_leased, stretched, one, before)
        )
        assert renewed['server'] == server.ip4


@pytest.mark.thorough
def test_a_rebooted_instance_leases_from_its_own_region(
    stretched: stretched_networks.Network,
) -> None:
    for one in stretched.instances:
        server = stretched.servers[one.region]
        before = len(stretched.leases(one))
        compute = stretched.tenant.at(one.region).compute
        compute.reboot_server(one.id, 'HARD')

        lease = waiting.eventually(
            functools.partial(_leased, stretched, one, before)
        )
        assert lease['server'] == server.ip4
    _await_only_own(stretched)


def test_an_instance_hears_the_router_of_its_own_region_only(
    lab: cloud.Lab, routed: stretched_networks.Network
) -> None:
    waiting.together(
        lambda one: _hears_its_own_router(lab, routed, one), routed.instances
    )


def _hears_its_own_router(
    lab: cloud.Lab,
    network: stretched_networks.Network,
    one: tenants.Instance,
) -> None:
    own = {one.region}
    (mac,) = (m for m, r in network.routers.items() if r == one.region)
    if one.host != lab.topology.region(one.region).hosts[0]:
        # On a VLAN, this router is no port of Neutron's to that host.
        assert network.answering(one, 'RS', wait=_ADVERTISED)['RS'] <= own
        return
    waiting.eventually(lambda: _advertised(network, one))
    assert network.answering(one, 'RS', wait=_ADVERTISED) == {'RS': own}
    told = _in(lab, one, 'ip -6 route show default')
    assert told.count('default') == 1, told
    assert f'via {_link_local(mac)} ' in told, told


def _advertised(
    network: stretched_networks.Network, instance: tenants.Instance
) -> None:
    # Whoever is asked answers within half a second.
    heard = network.answering(instance, 'RS', wait=2.0)['RS']
    assert instance.region in heard


def _in(lab: cloud.Lab, instance: tenants.Instance, command: str) -> str:
    done = packets.inside(lab, instance.id, command.split())
    assert done.returncode == 0, done.stderr
    return done.stdout


def _link_local(mac: str) -> ipaddress.IPv6Address:
    octets = bytes.fromhex(mac.replace(':', ''))
    half = bytes([octets[0] ^ 2]) + octets[1:3] + b'\xff\xfe' + octets[3:]
    return ipaddress.IPv6Address(b'\xfe\x80' + bytes(6) + half)


@pytest.mark.thorough
def test_metadata_has_its_ipv6_address_in_every_region(
    lab: cloud.Lab, stretched: stretched_networks.Network
) -> None:
    # Each claims it when it comes up, and gives way to who has it already.
    for server in stretched.servers.values():
        command = f'ip -n qdhcp-{stretched.network.id} -6 -o addr show'
        told = _on(lab, server.host, command)
        (line,) = (one for one in told.splitlines() if 'fe80::a9fe:' in one)
        assert 'dadfailed' not in line, line
        assert 'tentative' not in line, line


def _tunnelled(network: stretched_networks.Network) -> bool:
    # A member of the project is not told the type.
    return network.network.provider_network_type in (None, 'vxlan')


def _remote(network: stretched_networks.Network) -> tenants.Instance:
    """Return an instance that is not on its server's host, if there is."""
    return max(
        network.instances,
        key=lambda one: one.host != network.servers[one.region].host,
    )


@pytest.mark.thorough
def test_without_its_own_server_an_instance_gets_nothing(
    lab: cloud.Lab, stretched: stretched_networks.Network
) -> None:
    one = _remote(stretched)
    stretched.kill_server(one.region)

    found = stretched.answering(
        one, 'DISCOVER', 'INIT-REBOOT', 'REBIND', 'INFORM', 'SOLICIT',
        'INFORMATION-REQUEST', 'REBIND v6',
    )  # fmt: skip
    assert found == {question: set() for question in found}
    assert len(found) == 7

    lab.restart(f'dhcp-agent-{stretched.servers[one.region].host}', print)
    waiting.eventually(lambda: _only_own(stretched, one))


@pytest.mark.thorough
def test_restarted_agents_change_nothing(
    lab: cloud.Lab, stretched: stretched_networks.Network
) -> None:
    waiting.together(
        lambda agent: lab.restart(agent, print),
        [
            f'{kind}-agent-{host}'
            for kind in ('dhcp', 'openvswitch')
            for host in lab.topology.hosts
        ],
    )

    _await_only_own(stretched)


@pytest.mark.thorough
def test_deleted_flows_come_back(
    lab: cloud.Lab, stretched: stretched_networks.Network
) -> None:
    one = _remote(stretched)
    before = _flows(lab, one.host)
    assert before

    _delete_flows(lab, one.host)
    assert _flows(lab, one.host) != before

    started = time.monotonic()
    waiting.eventually(lambda: _equal(_flows(lab, one.host), before))
    assert time.monotonic() - started < 15
    _only_own(stretched, one)


def test_flows_outlive_the_agent_and_without_them_other_regions_answer(
    lab: cloud.Lab, routed: stretched_networks.Network
) -> None:
    one = _remote(routed)
    everybody = set(routed.servers)
    others = {server.host for server in routed.servers.values()} - {one.host}
    with _without_agents(lab, one.host, *others):
        _only_own(routed, one)

        # That all of this proves anything: it is the flows that do it.
        _delete_flows(lab, one.host)
        waiting.eventually(
            lambda: _equal(
                routed.answering(one, 'RS', wait=_ADVERTISED)['RS'], everybody
            )
        )
        # Questions that come by a tunnel are dropped by those asked, too.
        assert _heard(routed, one) == {one.region}
        for host in others:
            _delete_flows(lab, host)
        # On a VLAN the other region's server does not know the instance's
        # MAC, and the lab's dnsmasq.conf has it be silent then.
        leaking = everybody if _tunnelled(routed) else {one.region}
        waiting.eventually(lambda: _equal(_heard(routed, one), leaking))
    waiting.eventually(lambda: _only_own(routed, one))


@contextlib.contextmanager
def _without_agents(lab: cloud.Lab, *hosts: str) -> Iterator[None]:
    """Open vSwitch agents of hosts are dead until the context ends."""
    agents = [f'openvswitch-agent-{host}' for host in hosts]
    try:
        for agent in agents:
            lab.kill(agent)
        yield
    finally:
        waiting.together(lambda agent: lab.restart(agent, print), agents)


def _heard(
    network: stretched_networks.Network, instance: tenants.Instance
) -> set[str]:
    """Ask servers what leaks; return the regions whose servers answer."""
    found = network.answering(instance, *_SERVED)
    return set().union(*found.values())


def _bridges() -> tuple[str, str]:
    return 'br-tun', openvswitch.bridge('bridge')


def _flows(lab: cloud.Lab, host: str) -> list[str]:
    """Return the flows of the guard, without their cookies."""
    found = []
    for bridge in _bridges():
        told = _on(lab, host, f'ovs-ofctl --no-stats dump-flows {bridge}')
        found += [
            f'{bridge} {line.partition(",")[2]}'
            for line in told.splitlines()
            if 'tun_src=' in line or 'tun_ipv6_src=' in line
            or (('dl_vlan=' in line and 'in_port=' in line)
            and any(word in line for word in _GUARDED))
        ]  # fmt: skip
    return sorted(found)


def _delete_flows(lab: cloud.Lab, host: str) -> None:
    for bridge in _bridges():
        for kind in _GUARDED:
            _on(lab, host, f'ovs-ofctl del-flows {bridge} {kind}')


def _equal(found: Any, wanted: Any) -> None:
    assert found == wanted
