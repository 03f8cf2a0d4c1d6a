# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No command hangs on who accepts connections and does not answer."""

import argparse
import re
import time
from typing import Any

from osc_lib import exceptions
import pytest

from tests.unit.cli import services
from tests.unit.cli import silent
from tricircle.cli import client
from tricircle.cli import deadlines
from tricircle.cli import region
from tricircle.cli.diagnosis import asking
from tricircle.cli.v1 import check
from tricircle.cli.v1 import diagnose
from tricircle.cli.v1 import trace

#: Seconds; enough for who answers, also where a machine is busy.
_SHORT = 1.0
_MOST = 20.0


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing take long."""
    monkeypatch.setattr(region, 'DEADLINE', _SHORT)
    monkeypatch.setattr(asking, 'DEADLINE', _SHORT)
    monkeypatch.setattr(client, 'DEADLINE', _SHORT)
    monkeypatch.setattr(deadlines, '_GRACE', 0.0)
    monkeypatch.setattr(client.AdminClient, 'clashes', lambda *_: [])


def find(cloud: services.Cloud, command: Any, *arguments: str) -> Any:
    """Return the rows of a command, which are not long in coming."""
    made = command(cloud.app, argparse.Namespace())
    parsed = made.get_parser('test').parse_args(arguments)
    began = time.monotonic()
    try:
        return made.find(parsed)
    finally:
        assert time.monotonic() - began < _MOST


def with_ports(cloud: services.Cloud) -> services.Cloud:
    """Give central a port in each region, on one network."""

    def ports(request: Any, context: Any) -> Any:
        name = request.qs.get('id', [''])[0]
        port = {
            'id': name,
            'network_id': 'n1',
            'admin_state_up': True,
            'port_security_enabled': False,
            'security_groups': [],
            'fixed_ips': [],
        }
        return {'ports': [] if 'marker' in request.qs else [port]}

    def networks(request: Any, context: Any) -> Any:
        found = {
            'id': 'n1',
            'name': 'net',
            'provider:network_type': 'vxlan',
        }
        return {'networks': [] if 'marker' in request.qs else [found]}

    base = f'{services.CENTRAL}/v2.0'
    cloud.mock.get(f'{base}/ports', json=ports)
    cloud.mock.get(f'{base}/networks', json=networks)
    for port, where in (('one', 'One'), ('two', 'Two')):
        cloud.mock.get(
            f'{base}/ports/{port}/replicas',
            json={
                'replicas': [
                    {'region': where, 'status': 'IN_SYNC', 'omitted': []}
                ]
            },
        )
    cloud.mock.get(f'{services.ONE}/v2.0/ports', json={'ports': []})
    cloud.mock.get(f'{services.ONE}/v2.0/replicas/network/n1', json={})
    cloud.mock.get(f'{base}/networks/n1/replicas', json={'replicas': []})
    cloud.mock.get(
        f'{services.ONE}/v2.0/replicas/shadow-ports/n1_0', status_code=404
    )
    return cloud


def test_a_trace_names_a_silent_region(cloud: services.Cloud) -> None:
    with silent.server() as two:
        with_ports(cloud).move('Two', two.url)
        rows = find(cloud, trace.Trace, 'one', 'two')

    of_two = [row for row in rows if row[0] == 'Two' and row[2] == 'unknown']
    assert [row[1] for row in of_two] == [
        'port two',
        'network net n1',
        'tunnel to port one',
    ]
    for row in of_two:
        assert 'Neutron of Two: no answer within' in row[3]


def test_a_trace_waits_for_a_silent_region_once(cloud: services.Cloud) -> None:
    with silent.server() as two:
        with_ports(cloud).move('Two', two.url)
        find(cloud, trace.Trace, 'one', 'two')
        assert two.asked == ['/v2.0/ports']


def test_a_diagnosis_names_a_silent_region(cloud: services.Cloud) -> None:
    with silent.server() as two:
        cloud.move('Two', two.url)
        rows = find(cloud, diagnose.Diagnose, '--only', 'TRI0105')
    assert [row[2] for row in rows] == ['Two']


def test_a_diagnosis_outlasts_a_region_that_falls_silent(
    cloud: services.Cloud,
) -> None:
    with silent.server(extensions={'extensions': []}) as two:
        cloud.move('Two', two.url)
        find(cloud, diagnose.Diagnose)
        assert two.asked == ['/v2.0/agents']
    assert 'Two: Neutron of Two: ' in cloud.app.stderr.getvalue()


def test_a_check_names_a_silent_region(cloud: services.Cloud) -> None:
    with silent.server() as two:
        cloud.move('Two', two.url)
        with pytest.raises(exceptions.CommandError, match='Neutron of Two: '):
            find(cloud, check.CheckPod, 'Two')


def test_a_silent_admin_api_is_named(cloud: services.Cloud) -> None:
    with silent.server() as admin:
        cloud.mock.get(re.compile(re.escape(admin.url)), real_http=True)
        manager = cloud.app.client_manager
        manager.multiregion_networking = client.AdminClient(
            manager.session, url=admin.url
        )
        with pytest.raises(exceptions.CommandError, match='Admin API: '):
            find(cloud, diagnose.Diagnose)
