# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking verify``, with hosts that only report."""

from collections.abc import Callable, Iterator
import contextlib
from pathlib import Path
import threading
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched
from tricircle.cli.v1 import verify
from tricircle.cli.verifying import scene
from tricircle.replica import probes

#: What a host finds of a probe.
Finds = Callable[[str, probes.Probe], probes.Found]


def _passes(_region: str, probe: probes.Probe) -> probes.Found:
    return 1.5 if probe.kind is probes.Kind.PING else []


@contextlib.contextmanager
def _reporting(cloud: clouds.Cloud, finds: Finds) -> Iterator[set[str]]:
    """Have a host of each region report on the probe ports it has.

    :returns: the IDs of those that were there
    """
    seen: set[str] = set()
    stop = threading.Event()
    number = 0

    def report() -> None:
        for name, region in cloud.regions.items():
            host = region.default_host
            told = {}
            for port in _ports(region):
                packed = port['binding:profile'].get(probes.KEY)
                if packed is None or port['binding:host_id'] != host:
                    continue
                seen.add(port['id'])
                wanted = probes.read(packed)
                told[port['id']] = probes.Result(
                    number, tuple(finds(name, one) for one in wanted)
                ).packed()
            before = region.hosts.configurations(host)
            region.hosts.add(host, **{**before, probes.KEY: told})

    def run() -> None:
        nonlocal number
        while not stop.wait(0.3):
            number += 1
            report()

    report()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _ports(neutron: clouds.NeutronProcess) -> Any:
    return neutron.admin.list('port', device_owner=probes.DEVICE_OWNER)


def _assert_nothing_left(cloud: clouds.Cloud) -> None:
    for neutron in (cloud.central, *cloud.regions.values()):
        assert _ports(neutron) == []
    for kind in ('network', 'router', 'security_group'):
        found = cloud.central.admin.list(kind, tags='tricircle-verify')
        assert found == [], kind


def _verify(cloud: clouds.Cloud, *words: str) -> tuple[int, str]:
    """Run the command; return what it ends with, and its progress."""
    app = commands.make_app(cloud)
    code = commands.run(app, verify.Verify, *words)
    return code, app.stderr.getvalue()


def test_all_is_well_when_hosts_say_so_and_nothing_is_left(
    cloud: clouds.Cloud, tmp_path: Path
) -> None:
    file = tmp_path / 'report.xml'
    with _reporting(cloud, _passes) as seen:
        code, progress = _verify(
            cloud,
            *('--only', 'layer2', '--only', 'routed', '--only', 'bridged'),
            *('--junit', str(file)),
        )

    # Of each region: one on each stretched network, one on its own.
    assert len(seen) == 3 * len(cloud.regions)
    assert code == 0, progress
    assert '32 of 32 checks are decided' in progress
    assert 'tests="32" failures="0"' in file.read_text()
    _assert_nothing_left(cloud)


def test_the_command_ends_with_1_when_something_has_no_answer(
    cloud: clouds.Cloud,
) -> None:
    def of_one_only(region: str, probe: probes.Probe) -> probes.Found:
        return _passes(region, probe) if region == 'RegionOne' else None

    with _reporting(cloud, of_one_only):
        code, progress = _verify(cloud, '--only', 'layer2', '--timeout', '3')

    assert (code, '4 of 8 checks' in progress) == (1, True), progress
    _assert_nothing_left(cloud)


def test_the_command_ends_with_2_when_a_region_has_no_host_for_it(
    cloud: clouds.Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    for region in cloud.regions.values():
        host = region.default_host
        found = region.hosts.configurations(host)
        found.pop(probes.KEY, None)
        region.hosts.add(host, **found)

    code, _progress = _verify(cloud, '--region', 'RegionTwo')

    assert code == 2
    assert 'RegionTwo has no host whose Open vSwitch agent' in caplog.text


def test_what_needs_two_regions_is_not_done_with_one(
    cloud: clouds.Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    code, _progress = _verify(
        cloud, '--only', 'layer2', '--region', 'RegionTwo'
    )

    assert code == 2
    assert 'needs two regions' in caplog.text


def test_clean_up_removes_what_a_killed_run_left_and_nothing_newer(
    cloud: clouds.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        # As a kill does, nothing is removed at its end.
        patch.setattr(scene.Scene, 'remove', lambda _self: None)
        with _reporting(cloud, _passes) as seen:
            _verify(cloud, '--only', 'routed', '--timeout', '0.1')
    assert seen

    assert _verify(cloud, '--clean-up')[0] == 0
    assert {one['id'] for one in _ports(cloud.central)} >= seen
    assert _verify(cloud, '--clean-up', '--older-than', '0')[0] == 0

    for kind in ('network', 'router', 'security_group'):
        assert cloud.central.admin.list(kind, tags='tricircle-verify') == []
    assert _ports(cloud.central) == []


@pytest.fixture
def probe_port(cloud: clouds.Cloud, fresh_project: str) -> Iterator[str]:
    """A port for probes that is not bound."""
    network = stretched(cloud, fresh_project)
    central = cloud.central.client(project=fresh_project)
    port = central.create_port(network['id'], device_owner=probes.DEVICE_OWNER)
    cloud.one.admin.show('port', port['id'])
    yield str(port['id'])
    central.remove('port', port['id'])


def _put(
    region: clouds.Region, port_id: str, body: object, admin: bool = True
) -> int:
    client = region.admin if admin else region.client(project='p1')
    return client.put(f'/replicas/probes/{port_id}', body).status_code


_GOOD = {'probes': [['ping', '198.18.0.5', 56]]}


def test_an_administrator_sets_probes_and_nothing_but_probes(
    cloud: clouds.Cloud, probe_port: str
) -> None:
    invalid: tuple[dict[str, Any], ...] = (
        {},
        {'probes': {}},
        {'probes': [['run', 'reboot']]},
        {'probes': [['ping', '127.0.0.1', 56]]},
    )
    for body in invalid:
        assert _put(cloud.one, probe_port, body) == 400, body
    assert _put(cloud.one, probe_port, _GOOD) == 200

    found = cloud.one.admin.show('port', probe_port)
    assert found['binding:profile'] == {probes.KEY: _GOOD['probes']}


def test_who_is_no_administrator_sets_none(
    cloud: clouds.Cloud, probe_port: str
) -> None:
    assert _put(cloud.one, probe_port, _GOOD, admin=False) == 403


def test_a_port_that_is_bound_or_is_for_something_else_takes_none(
    cloud: clouds.Cloud, fresh_project: str, probe_port: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    cloud.one.admin.update(
        'port', probe_port, **{'binding:host_id': cloud.one.default_host}
    )

    assert _put(cloud.one, first.port_id, _GOOD) == 409
    assert _put(cloud.one, probe_port, _GOOD) == 409
    assert _put(cloud.one, str(uuid.uuid4()), _GOOD) == 404
