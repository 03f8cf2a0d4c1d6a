# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking drift ...`` of a real region."""

from typing import Any

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.jobs import sweeps
from tests.functional.stretched import stretched
from tricircle.cli.v1 import drift


def settled(cloud: clouds.Cloud, *ids: str) -> None:
    """Assert that nothing is under way for some resources in RegionOne.

    What others left in the cloud may go on.
    """
    regions.outbox_empty(cloud.one)
    # What regions were handed is looked after a while later: now is later.
    for one in ids:
        cloud.central.database.execute(
            'UPDATE journal SET next_try_at = UTC_TIMESTAMP()'
            ' WHERE pending AND resource_id = %s',
            one,
        )
    assert not [
        one
        for one in ids
        if cloud.central.database.query(
            'SELECT id FROM journal WHERE pending AND resource_id = %s', one
        )
    ]


def listed(cloud: clouds.Cloud, resource_type: str) -> dict[str, str]:
    """Return how each resource is that RegionOne has otherwise, by ID."""
    _columns, rows = commands.take_action(
        commands.make_app(cloud),
        drift.ListDrifts,
        '--region',
        'RegionOne',
        '--type',
        resource_type,
    )
    return {row[2]: row[3] for row in rows}


def shown(cloud: clouds.Cloud, resource_type: str, resource_id: str) -> Any:
    """Return how RegionOne has a resource, by column."""
    columns, values = commands.take_action(
        commands.make_app(cloud),
        drift.ShowDrift,
        'RegionOne',
        resource_type,
        resource_id,
    )
    return dict(zip(columns, values, strict=True))


def repaired(
    cloud: clouds.Cloud, resource_type: str, resource_id: str, *more: str
) -> list[str]:
    """Have one resource repaired; return the jobs that it takes."""
    _columns, rows = commands.take_action(
        commands.make_app(cloud),
        drift.RepairDrifts,
        'RegionOne',
        '--type',
        resource_type,
        '--id',
        resource_id,
        *more,
    )
    return [row[4] for row in rows]


def forget_removal(cloud: clouds.Cloud, network_id: str) -> None:
    """Delete a network in central, and have it lose what it was to tell."""
    poison = cloud.one.from_xjob.answer(
        500, method='DELETE', path=f'replicas/network/{network_id}', times=None
    )
    cloud.central.admin.remove('network', network_id)
    poison.wait()
    database = cloud.central.database

    def lost() -> None:
        database.execute(
            'DELETE FROM journal WHERE resource_id = %s AND attempts > 0'
            ' AND lease_owner IS NULL',
            network_id,
        )
        assert not database.query(
            'SELECT id FROM journal WHERE resource_id = %s', network_id
        )

    eventually(lost, 20)
    database.execute(
        'DELETE FROM resource_routings WHERE top_id = %s', network_id
    )
    cloud.one.from_xjob.heal()


def test_what_was_planted_in_a_region_is_seen_and_mended(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    altered, foreign = (stretched(cloud, fresh_project) for _ in range(2))
    port = cloud.one.nova(fresh_project).boot(network_id=altered['id'])
    cloud.one.client(fresh_project).show('network', foreign['id'])
    ids = (altered['id'], foreign['id'], port.port_id)
    eventually(lambda: settled(cloud, *ids), 20)
    cloud.one.database.execute(
        "UPDATE networks SET name = 'edited' WHERE id = %s", altered['id']
    )
    sweeps.lose_port(cloud.one, port.port_id)
    forget_removal(cloud, foreign['id'])
    planted = {
        ('network', altered['id']): 'differs',
        ('port', port.port_id): 'missing',
        ('network', foreign['id']): 'unknown',
    }

    assert planted == {
        (kind, one): what
        for kind in ('network', 'port')
        for one, what in listed(cloud, kind).items()
        if one in ids
    }
    (field,) = shown(cloud, 'network', altered['id'])[
        'fields'
    ].machine_readable()
    assert (field['field'], field['there']) == ('network.name', 'edited')
    for key in planted:
        assert repaired(cloud, *key, '--dry-run') == ['']
    assert planted == {
        key: shown(cloud, *key)['difference'] for key in planted
    }

    for key in planted:
        (job,) = repaired(cloud, *key)
        assert job

    def mended() -> None:
        settled(cloud, *ids)
        # Not through the API, which would pull it by itself.
        assert cloud.one.database.query(
            'SELECT id FROM ports WHERE id = %s', port.port_id
        )
        assert not regions.ledger(
            cloud.one, resource_id=foreign['id'], state='present'
        )

    eventually(mended, 60)
    for kind, one in (('network', altered['id']), ('port', port.port_id)):
        assert shown(cloud, kind, one)['difference'] is None
    with pytest.raises(exceptions.CommandError, match='404'):
        shown(cloud, 'network', foreign['id'])
    name = cloud.one.admin.show('network', altered['id'])['name']
    assert name == altered['name']


def test_a_region_that_is_away_is_named_and_the_command_fails(
    cloud: clouds.Cloud,
) -> None:
    app = commands.make_app(cloud)

    with cloud.two.from_xjob.away():
        ended = commands.run(
            app, drift.ListDrifts, '--type', 'address-group', '-f', 'json'
        )

    assert ended == 1
    told = app.stderr.getvalue()
    assert 'RegionTwo: RegionTwo does not answer' in told
    assert 'RegionOne:' not in told
