# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Remote security groups are exact: members of other regions count too."""

import dataclasses

import pytest

from tests.functional import cloud as clouds
from tests.functional import kills
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.jobs import sweeps

_KIND = 'security-group-members'


@dataclasses.dataclass(frozen=True)
class Project:
    """A project with a network for each region, which no tunnel joins.

    :ivar group: ID of its default group, which lets in its own members
    """

    cloud: clouds.Cloud
    name: str
    near: str
    far: str
    group: str

    @property
    def user(self) -> clouds.NeutronClient:
        return self.cloud.central.client(self.name)

    def boot(self, region: str) -> clouds.Instance:
        network = self.near if region == 'RegionOne' else self.far
        return (
            self.cloud.regions[region]
            .nova(project=self.name)
            .boot(network_id=network)
        )

    def members(self, region: str, group: str | None = None) -> Json:
        """Return what a region has of a group's members elsewhere."""
        answer = self.cloud.regions[region].admin.get(
            f'/replicas/{_KIND}/{group or self.group}'
        )
        if answer.status_code == 404:
            return {}
        assert answer.ok, answer.text
        found: Json = answer.json()['replica']['body']
        return found

    def await_members(
        self, region: str, *wanted: str, group: str | None = None
    ) -> None:
        """Wait for these addresses, and for the rules that name them."""

        def look() -> None:
            found = self.members(region, group)
            assert found == {
                'security_group_id': group or self.group,
                'addresses': sorted(wanted),
            }, found

        eventually(look, 40)

    def state(self, region: str) -> Json:
        """Return how far the group is in a region."""
        answer = self.user.get(
            f'/security-groups/{self.group}/replicas/{region}'
        )
        assert answer.ok, answer.text
        found: Json = answer.json()['replica']
        return found

    def await_in_sync(self) -> None:
        def look() -> None:
            for region in ('RegionOne', 'RegionTwo'):
                assert self.state(region)['status'] == 'IN_SYNC'

        eventually(look, 40)


def address(port: Json) -> str:
    """Return the address of a port as address groups have it."""
    return f'{port["fixed_ips"][0]["ip_address"]}/32'


@pytest.fixture
def project(cloud: clouds.Cloud, fresh_project: str) -> Project:
    user = cloud.central.client(fresh_project)
    networks = []
    for hint, cidr in (
        ('RegionOne', '10.31.1.0/24'),
        ('RegionTwo', '10.31.2.0/24'),
    ):
        network = user.create_network(
            name=hint, availability_zone_hints=[hint]
        )
        user.create_subnet(network['id'], cidr=cidr)
        networks.append(network['id'])
    (group,) = user.list('security_group', name='default')
    return Project(cloud, fresh_project, networks[0], networks[1], group['id'])


# The lab shows it with packets, tests in process step by step.
@pytest.mark.thorough
def test_a_member_of_another_region_joins_changes_and_leaves(
    project: Project,
) -> None:
    one = project.boot('RegionOne')
    project.await_members('RegionOne')
    two = project.boot('RegionTwo')

    project.await_members('RegionOne', address(two.port))
    project.await_members('RegionTwo', address(one.port))
    project.await_in_sync()

    user = project.user
    user.update(
        'port',
        two.port_id,
        allowed_address_pairs=[{'ip_address': '192.0.2.0/28'}],
    )
    project.await_members('RegionOne', address(two.port), '192.0.2.0/28')
    user.update(
        'port',
        two.port_id,
        fixed_ips=[{'ip_address': '10.31.2.77'}],
        allowed_address_pairs=[],
    )
    project.await_members('RegionOne', '10.31.2.77/32')

    other = user.create_security_group(name='other')
    user.update('port', two.port_id, security_groups=[other['id']])
    project.await_members('RegionOne')
    user.update(
        'port', two.port_id, security_groups=[other['id'], project.group]
    )
    project.await_members('RegionOne', '10.31.2.77/32')

    project.cloud.two.nova(project=project.name).delete(two)
    project.await_members('RegionOne')
    project.await_members('RegionTwo', address(one.port))


def test_users_of_a_region_see_the_rules_of_central_alone(
    project: Project,
) -> None:
    project.boot('RegionOne')
    two = project.boot('RegionTwo')
    project.await_members('RegionOne', address(two.port))

    for client in (
        project.cloud.one.client(project.name),
        project.cloud.one.admin,
    ):
        shown = client.show('security_group', project.group)
        wanted = project.user.show('security_group', project.group)
        here, there = (
            {rule['id'] for rule in group['security_group_rules']}
            for group in (shown, wanted)
        )
        assert here == there
        assert here == {
            rule['id']
            for rule in client.list(
                'security_group_rule', security_group_id=project.group
            )
        }
        assert client.list('address_group') == []
    quota = project.cloud.one.admin.get(
        f'/quotas/{project.name}/details'
    ).json()['quota']
    assert quota['security_group_rule']['used'] == len(there)


def test_a_group_that_a_rule_names_has_members_though_it_has_no_port_here(
    project: Project,
) -> None:
    user = project.user
    web, front = (
        user.create_security_group(name=name) for name in ('web', 'front')
    )
    user.create(
        'security_group_rule',
        security_group_id=web['id'],
        direction='ingress',
        protocol='tcp',
        remote_group_id=front['id'],
    )
    two = user.create_port(project.far, security_groups=[front['id']])
    project.cloud.one.nova(project=project.name).boot(
        network_id=project.near, security_groups=(web['id'],)
    )
    project.await_members('RegionOne', address(two), group=front['id'])

    # And of a rule that comes when the groups are there.
    user.create(
        'security_group_rule',
        security_group_id=front['id'],
        direction='ingress',
        protocol='tcp',
        remote_group_id=web['id'],
    )
    far = user.create_port(project.far, security_groups=[web['id']])
    project.await_members('RegionOne', address(far), group=web['id'])


@pytest.mark.thorough
def test_what_changed_while_a_region_was_away_is_said_until_it_is_back(
    project: Project,
) -> None:
    project.boot('RegionOne')
    two = project.boot('RegionTwo')
    project.await_members('RegionOne', address(two.port))
    project.await_in_sync()

    project.cloud.one.kill9()
    third = project.user.create_port(project.far)

    def said() -> None:
        assert project.state('RegionOne')['status'] in ('PENDING', 'FAILED')

    eventually(said, 20)
    # A boot in another region waits for none of this.
    project.boot('RegionTwo')
    project.cloud.one.restart()
    found = {
        f'{one["fixed_ips"][0]["ip_address"]}/32'
        for one in project.user.list('port', network_id=project.far)
        if project.group in one['security_groups']
    }
    assert address(third) in found and len(found) == 3
    project.await_members('RegionOne', *found)
    project.await_in_sync()


def test_a_port_that_moves_is_counted_where_it_is_not(
    project: Project,
) -> None:
    user = project.user
    network, _subnet = regions.make_network(project.cloud, project.name)
    for region in ('RegionOne', 'RegionTwo'):
        project.boot(region)
    port = user.create_port(network['id'])

    def counted(region: str) -> bool:
        return address(port) in project.members(region).get('addresses', [])

    def counts(one: bool, two: bool) -> None:
        assert (counted('RegionOne'), counted('RegionTwo')) == (one, two)

    eventually(lambda: counts(True, True), 30)
    nova = project.cloud.one.nova(project=project.name)
    instance = nova.boot(port_id=port['id'])
    eventually(lambda: counts(False, True), 30)
    nova.delete(instance)
    eventually(lambda: counts(True, True), 30)
    project.cloud.two.nova(project=project.name).boot(port_id=port['id'])
    eventually(lambda: counts(True, False), 30)


@pytest.mark.parametrize(
    ('who', 'point'),
    [
        ('RegionOne', 'local.apply.leased'),
        ('RegionOne', 'local.apply.observed'),
        ('RegionOne', 'local.apply.step'),
        ('RegionOne', 'local.apply.done'),
        ('xjob', 'xjob.planned'),
        ('xjob', 'xjob.sent'),
    ],
)
def test_a_death_while_a_member_comes_loses_nothing(
    project: Project, who: str, point: str
) -> None:
    project.boot('RegionOne')
    project.await_members('RegionOne')
    with kills.killed_at(kills.victim(project.cloud, who), point):
        port = project.user.create_port(project.far)

    project.await_members('RegionOne', address(port))


# As for every kind, in test_sweep.
@pytest.mark.thorough
def test_the_sweep_mends_what_somebody_took_out(project: Project) -> None:
    project.boot('RegionOne')
    two = project.boot('RegionTwo')
    project.await_members('RegionOne', address(two.port))
    project.await_in_sync()
    project.cloud.one.database.execute(
        'DELETE FROM securitygrouprules '
        'WHERE remote_address_group_id IS NOT NULL'
    )
    assert 'rules' in project.members('RegionOne')

    status, said = sweeps.sweep_once(project.cloud, '--region', 'RegionOne')

    assert status == 0, said
    project.await_members('RegionOne', address(two.port))
