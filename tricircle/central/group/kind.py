# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups, as the engine must know them."""

from typing import Final

from neutron.db import rbac_db_models
from neutron.db.models import securitygroup as group_models
from neutron.extensions import securitygroup as group_ext
from neutron_lib import exceptions as n_exc

from tricircle.central.engine import kinds
from tricircle.central.engine import presence as engine_presence
from tricircle.central.group import api
from tricircle.central.group import presence
from tricircle.db.central import central_only
from tricircle.replica import types


def _not_found(group_id: str) -> n_exc.NotFound:
    return group_ext.SecurityGroupNotFound(id=group_id)


def _grant(group_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    engine_presence.grant_anywhere(
        types.SECURITY_GROUP, group_id, region_name, presence.follow
    )


KIND: Final = kinds.Kind(
    type=types.SECURITY_GROUP,
    not_found=_not_found,
    omitted=central_only.of_group,
    model=group_models.SecurityGroup,
    grant=_grant,
    tagged={'securitygroups': group_models.SecurityGroup.__table__.c.id},
    rows={rbac_db_models.SecurityGroupRBAC: 'object_id'},
    controller=api.GroupReplicaController,
)
