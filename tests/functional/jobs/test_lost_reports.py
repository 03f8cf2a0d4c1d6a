# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region wanted to tell central, and lost before it could."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.jobs.sweeps import settled
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.stretched import stretched


def deleted_untold(cloud: clouds.Cloud, project: str) -> str:
    """Return the ID of a port that only central still has."""
    network = stretched(cloud, project)
    nova = cloud.one.nova(project=project)
    instance = nova.boot(network_id=network['id'])
    eventually(lambda: settled(cloud), 20)
    with cloud.one.to_central.away():
        nova.delete(instance)
        assert cloud.one.database.query(
            'SELECT * FROM tricircle_outbox WHERE resource_id = %s',
            instance.port_id,
        )
        cloud.one.database.execute(
            'DELETE FROM tricircle_outbox WHERE resource_id = %s',
            instance.port_id,
        )
    assert cloud.central.admin.exists('port', instance.port_id)
    return instance.port_id


@pytest.mark.parametrize('noticed_by', ['a change', 'the sweep'])
def test_a_deletion_whose_report_is_lost_reaches_central(
    cloud: clouds.Cloud, fresh_project: str, noticed_by: str
) -> None:
    port_id = deleted_untold(cloud, fresh_project)

    if noticed_by == 'a change':
        cloud.central.client(fresh_project).update(
            'port', port_id, name='changed'
        )
    else:
        _code, output = sweep_once(cloud, '--region', 'RegionOne')
        assert f'port {port_id} is missing' in output

    def gone() -> None:
        assert not cloud.central.admin.exists('port', port_id)
        assert not cloud.central.database.query(
            'SELECT id FROM journal WHERE resource_id = %s', port_id
        )
        assert not cloud.central.database.query(
            'SELECT id FROM resource_routings WHERE top_id = %s', port_id
        )
        regions.outbox_empty(cloud.one)

    eventually(gone, 40)
    assert not cloud.one.admin.exists('port', port_id)
