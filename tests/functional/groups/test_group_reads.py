# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A group of central, read in a region that has nothing of its project yet.

Neutron serves security groups in front of pecan; Nova looks a group up before
it boots the first server of a project in a region.
"""

import uuid

from tests.functional import cloud as clouds


def test_a_group_is_found_by_its_id_in_a_new_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(fresh_project)
    listed = central.create_security_group(name='listed')
    shown = central.create_security_group(name='shown')
    here = cloud.one.client(fresh_project)

    assert [
        one['name'] for one in here.list('security_group', id=listed['id'])
    ] == ['listed']
    assert here.show('security_group', shown['id'])['name'] == 'shown'


def test_a_group_of_another_project_is_not_brought_to_a_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    group = cloud.central.client(fresh_project).create_security_group(
        name='secret'
    )
    stranger = cloud.one.client(uuid.uuid4().hex)

    assert stranger.list('security_group', id=group['id']) == []
    assert group['id'] not in {
        one['id'] for one in cloud.one.admin.list('security_group')
    }
