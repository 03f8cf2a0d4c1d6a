# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools in central, which alone takes subnets from them.

Neutron tells of them nowhere, as of address scopes. A region gets one with a
network on which a subnet is from it, or when it asks.
"""

from typing import Final

from neutron.db import models_v2
from neutron.db import rbac_db_models
from neutron_lib import exceptions as n_exc

from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.central.network import pools
from tricircle.db.central.network import pools as subnet_pools
from tricircle.replica import types


def _not_found(pool_id: str) -> n_exc.NotFound:
    return n_exc.SubnetPoolNotFound(subnetpool_id=pool_id)


def _grant(pool_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant_anywhere(
        types.SUBNET_POOL, pool_id, region_name, pools.follow
    )


KIND: Final = kinds.Kind(
    type=types.SUBNET_POOL,
    not_found=_not_found,
    omitted=subnet_pools.omitted,
    changed=pools.changed,
    model=models_v2.SubnetPool,
    grant=_grant,
    tagged={'subnetpools': models_v2.SubnetPool.__table__.c.id},
    rows={
        models_v2.SubnetPool: 'id',
        models_v2.SubnetPoolPrefix: 'subnetpool_id',
        rbac_db_models.SubnetPoolRBAC: 'object_id',
    },
)
