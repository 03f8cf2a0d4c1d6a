# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``openstack multiregion networking replica list`` against central."""

import argparse
import types
from typing import Any
import uuid

from keystoneauth1 import session as ksa_session
from openstack import connection
from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tricircle.cli.v1 import replica
from tricircle.cli.v1 import resource
from tricircle.client import auth


def _network(client: clouds.NeutronClient) -> Any:
    """Return what the shell has for a user of one Neutron."""
    return connection.Connection(
        session=ksa_session.Session(
            auth=auth.HeaderAuth(client.identity.headers())
        ),
        network_endpoint_override=client.url,
    ).network


def list_replicas(client: clouds.NeutronClient, *arguments: str) -> Any:
    """Run the command as the shell does, as a user of one Neutron."""
    app: Any = types.SimpleNamespace(
        client_manager=types.SimpleNamespace(network=_network(client))
    )
    command = replica.ListReplicas(app, argparse.Namespace())
    return command.take_action(
        command.get_parser('test').parse_args(arguments)
    )


@pytest.fixture
def pulled(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network that RegionOne has, with a name of its own."""
    network, _subnet = regions.make_network(
        cloud, fresh_project, name=uuid.uuid4().hex
    )
    cloud.one.client(fresh_project).show('network', network['id'])
    return network


def test_a_tenant_sees_by_name_where_a_network_is(
    cloud: clouds.Cloud, fresh_project: str, pulled: Json
) -> None:
    client = cloud.central.client(fresh_project)
    # What a region asked for is confirmed later, or with the next change.
    client.update('network', pulled['id'], description='new')

    def look() -> None:
        headers, rows = list_replicas(client, 'network', pulled['name'])
        assert headers == ('Region', 'Status', 'Omitted', 'Reason')
        assert rows == [('RegionOne', 'IN_SYNC', '', '')]

    clouds.eventually(look)


def test_a_region_that_is_away_is_shown_with_the_reason(
    cloud: clouds.Cloud, fresh_project: str, pulled: Json
) -> None:
    client = cloud.central.client(fresh_project)
    with cloud.one.from_xjob.away():
        client.update('network', pulled['id'], description='new')

        def look() -> None:
            headers, rows = list_replicas(
                client, 'network', pulled['id'], '--long'
            )
            (row,) = rows
            shown = dict(zip(headers, row, strict=True))
            assert shown['Status'] == 'FAILED'
            assert 'RegionOne' in shown['Reason']
            assert shown['Attempts'] >= 1
            assert shown['Applied'] < shown['Counter']

        clouds.eventually(look)


def test_what_is_in_no_region_has_no_rows(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    client = cloud.central.client(fresh_project)
    group = client.create_security_group(name='nowhere')

    assert list_replicas(client, 'security-group', group['id'])[1] == []


def test_unknown_resources_are_named(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    with pytest.raises(exceptions.CommandError, match='nothing-like-it'):
        list_replicas(
            cloud.central.client(fresh_project), 'router', 'nothing-like-it'
        )


def test_another_tenants_network_is_not_found(
    cloud: clouds.Cloud, pulled: Json
) -> None:
    stranger = cloud.central.client(uuid.uuid4().hex)

    with pytest.raises(exceptions.CommandError, match='No Network found'):
        list_replicas(stranger, 'network', pulled['id'])


def test_a_region_s_own_neutron_is_told_apart(
    cloud: clouds.Cloud, fresh_project: str, pulled: Json
) -> None:
    with pytest.raises(exceptions.CommandError, match='not the central one'):
        list_replicas(cloud.one.client(fresh_project), 'network', pulled['id'])


def test_an_operator_sees_where_a_resource_is_and_what_is_missing(
    cloud: clouds.Cloud, fresh_project: str, pulled: Json
) -> None:
    app = commands.make_app(cloud)
    app.client_manager.network = _network(cloud.central.admin)

    def shown() -> dict[str, Any]:
        columns, values = commands.take_action(
            app, resource.ShowResource, 'network', pulled['name']
        )
        return {
            name: getattr(value, 'machine_readable', lambda same=value: same)()
            for name, value in zip(columns, values, strict=True)
        }

    def in_order() -> None:
        found = shown()
        assert found['id'] == pulled['id']
        assert found['regions'] == found['in_sync'] == ['RegionOne']
        assert found['pending'] == {}
        assert found['jobs'] == []

    eventually(in_order, 30)
    central = cloud.central.client(project=fresh_project)
    with cloud.one.from_xjob.away():
        central.update('network', pulled['id'], description='changed')

        def away() -> None:
            found = shown()
            assert found['in_sync'] == []
            assert 'RegionOne does not answer' in found['pending']['RegionOne']
            assert len(found['jobs']) == 1

        eventually(away, 20)
