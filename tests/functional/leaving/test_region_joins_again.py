# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A region leaves and joins again, many times: nothing is left anywhere."""

import os

import pytest

from tests.functional import cloud as clouds
from tests.functional import tables
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.leaving import leaving
from tests.functional.leaving.leaving import NAME
from tests.functional.leaving.leaving import Tenant
from tricircle.cli.v1 import pod

#: How often it joins and leaves.
_TURNS = int(os.environ.get('REGION_TURNS', '2'))
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(300 * _TURNS)]
#: What tables of a region are not compared by, with the reason.
_COLUMNS_OF_REGION = {
    # Neutron's default group of a project that central knows is central's
    # meanwhile. Its rules are made again, under other IDs.
    'securitygrouprules': ('id', 'standard_attr_id'),
    'standardattributes': (
        'id',
        'created_at',
        'updated_at',
        'revision_number',
    ),
}
#: What is not compared in central at all, with the reason.
_BUT_IN_CENTRAL = (
    # The pod that leaves, and is registered under another ID.
    'pods',
    # That it left, and when.
    'gone_regions',
    # When central said last what it runs.
    'releases',
)


def of_region(region: clouds.Region) -> tables.Rows:
    """Return all that a region has.

    Of what was removed it remembers that it was, for a while.
    """
    found = tables.rows(region.database, columns=_COLUMNS_OF_REGION)
    found['tricircle_replicas'] = tables.without(
        found['tricircle_replicas'], state='deleted'
    )
    return found


def of_central(cloud: clouds.Cloud) -> tables.Rows:
    """Return all that central has.

    A segment that all regions are rid of is found to be free when somebody
    makes a network next.
    """
    admin = cloud.central.admin
    admin.remove('network', admin.create_network()['id'])
    return tables.rows(cloud.central.database, but=_BUT_IN_CENTRAL)


def delete_all(tenant: Tenant) -> None:
    """Delete what a tenant has, and what comes with its project."""
    tenant.delete()
    project = tenant.routed.project
    admin = tenant.routed.cloud.central.admin
    for kind in ('security_group', 'address_group'):
        for one in admin.list(kind, project_id=project):
            admin.remove(kind, one['id'])


def test_a_region_joins_and_leaves_again_and_again_and_nothing_is_left() -> (
    None
):
    with leaving.three_regions() as cloud:
        app = commands.make_app(cloud)
        regions = list(cloud.regions.values())
        for neutron in (*regions, cloud.central):
            # So that each has the administrator's default group.
            neutron.admin.list('security_group')
        own = cloud.region(NAME).admin.create_network(name='own')
        cloud.region(NAME).admin.create_subnet(own['id'], '192.168.77.0/24')
        cloud.region(NAME).admin.create_port(own['id'])
        before = {one.name: of_region(one) for one in regions}
        central = of_central(cloud)

        for turn in range(_TURNS):
            if turn:
                cloud.register_pod(NAME)
            tenant = Tenant.make(cloud)
            tenant.leave()
            status = commands.run(
                app, pod.DeletePod, '--drain', '--wait', NAME
            )
            assert status == 0, app.stderr.getvalue()

            # Neither anything more nor anything less, at once.
            left = of_region(cloud.region(NAME))
            assert tables.difference(left, before[NAME]) == {}
            # The tenant keeps what is central's, and goes on elsewhere.
            nova = cloud.one.nova(tenant.routed.project)
            nova.delete(nova.boot(port_id=tenant.port['id']))
            delete_all(tenant)

            def all_as_before() -> None:
                for one in regions:
                    found = of_region(one)
                    assert tables.difference(found, before[one.name]) == {}
                assert tables.difference(of_central(cloud), central) == {}

            eventually(all_as_before, 120)
