# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tokens and passwords stay where they are needed."""

import json
from pathlib import Path
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched

#: Rows that Tricircle writes, in central and in a region.
OURS = {
    'central': (
        'journal',
        'resource_routings',
        'port_locations',
        'reserved_ports',
    ),
    'region': ('tricircle_replicas', 'tricircle_outbox'),
}


@pytest.fixture
def secrets(cloud: clouds.Cloud, fresh_project: str) -> list[str]:
    """What must not be found, after all parts have talked to each other."""
    user = f'user-{uuid.uuid4().hex}'
    network = stretched(cloud, fresh_project)
    boot_in_both(cloud, fresh_project, network['id'])
    mine = cloud.one.nova(project=fresh_project, user=user)
    with cloud.one.to_central.away():
        # Failures quote what was sent, if anything does.
        with pytest.raises((clouds.NovaError, clouds.ApiError)):
            mine.boot(network_id=network['id'])
    tokens = [
        client.identity.headers()['X-Auth-Token']
        for client in (cloud.one.client(fresh_project), mine.user)
    ]
    clouds.eventually(lambda: regions.outbox_empty(cloud.one), 20)
    return [
        *tokens,
        'token-of-a-service',
        *(
            database.url.split(':', 2)[2].split('@')[0]
            for database in (
                cloud.central.database,
                cloud.one.database,
                cloud.xjob.database,
            )
        ),
    ]


def test_no_log_has_them(cloud: clouds.Cloud, secrets: list[str]) -> None:
    for process in cloud.all_processes:
        log = process.log()
        for secret in secrets:
            assert secret not in log, f'{process.name} logs a secret'


def test_no_row_of_ours_has_them(
    cloud: clouds.Cloud, secrets: list[str]
) -> None:
    for database, tables in (
        (cloud.central.database, OURS['central']),
        (cloud.one.database, OURS['region']),
    ):
        for table in tables:
            rows = json.dumps(
                database.query(f'SELECT * FROM {table}'),  # noqa: S608
                default=str,
            )
            for secret in secrets:
                assert secret not in rows, f'{table} holds a secret'


def test_no_argument_of_a_process_has_them(
    cloud: clouds.Cloud, secrets: list[str]
) -> None:
    for process in cloud.all_processes:
        arguments = Path(f'/proc/{process.pid}/cmdline').read_bytes().decode()
        for secret in secrets:
            assert secret not in arguments, f'{process.name} shows a secret'
