# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""XJob's sweep, as an operator runs it, and what has to be over before."""

from tests.functional import cloud as clouds
from tests.functional import regions


def sweep_once(cloud: clouds.Cloud, *arguments: str) -> tuple[int, str]:
    """Run the operator's command; return its exit code and output."""
    return cloud.xjob.run_once('--sweep', *arguments)


def settled(cloud: clouds.Cloud) -> None:
    """Assert that nothing is under way."""
    for region in (cloud.one, cloud.two):
        regions.outbox_empty(region)
    # What regions were handed is looked after a while later: now is later.
    cloud.central.database.execute(
        'UPDATE journal SET next_try_at = UTC_TIMESTAMP() WHERE pending'
    )
    assert not cloud.central.database.query(
        'SELECT id FROM journal WHERE pending'
    )


def lose_port(region: clouds.Region, port_id: str) -> None:
    """Have a region's database lose a port, and that it had it."""
    for statement in (
        'DELETE ipamallocations FROM ipamallocations'
        ' JOIN ipamsubnets ON ipam_subnet_id = ipamsubnets.id'
        ' JOIN ipallocations ON subnet_id = neutron_subnet_id'
        ' AND ipallocations.ip_address = ipamallocations.ip_address'
        ' WHERE port_id = %s',
        'DELETE FROM ports WHERE id = %s',
        # As if the ledger had been restored from before it, too.
        'DELETE FROM tricircle_replicas WHERE resource_id = %s',
    ):
        region.database.execute(statement, port_id)
