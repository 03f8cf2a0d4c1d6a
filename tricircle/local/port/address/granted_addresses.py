# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Put addresses that central allocated into Neutron's own IPAM tables.

Neutron's way to an address loads the network's subnets three times over,
with all that belongs to them, to find out which addresses a port may have.
Central has found that out. What is left is to note that they are taken.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from neutron.ipam import exceptions as ipam_exc
from neutron.ipam.drivers.neutrondb_ipam import db_models
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from oslo_config import cfg
import sqlalchemy as sa

_SUBNETS = cast(sa.Table, db_models.IpamSubnet.__table__)
_TAKEN = cast(sa.Table, db_models.IpamAllocation.__table__)
#: What Neutron's driver writes (``IpamSubnetManager.create_allocation``).
_ALLOCATED = 'ALLOCATED'


def supported(conf: cfg.ConfigOpts) -> bool:
    """Tell whether the region keeps addresses in Neutron's own tables."""
    return bool(conf.ipam_driver == 'internal')


def take(
    context: Any, fixed_ips: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Note addresses as taken, in the transaction of the caller.

    :param fixed_ips: addresses with the ID of their subnet
    :returns: the same, as the IPAM backend returns what it allocated
    :raises neutron_lib.exceptions.SubnetNotFound: when there is no such
        subnet (any more)
    :raises neutron.ipam.exceptions.IpAddressAlreadyAllocated: when another
        port of the region has one; not a duplicate key, which Neutron would
        take for a reason to try again
    """
    wanted = [
        {'ip_address': one['ip_address'], 'subnet_id': one['subnet_id']}
        for one in fixed_ips
    ]
    if not wanted:
        return []
    with db_api.CONTEXT_WRITER.using(context):
        rows = context.session.execute(
            sa.select(
                _SUBNETS.c.neutron_subnet_id,
                _SUBNETS.c.id,
                _TAKEN.c.ip_address,
            )
            .select_from(
                _SUBNETS.outerjoin(
                    _TAKEN,
                    sa.and_(
                        _TAKEN.c.ipam_subnet_id == _SUBNETS.c.id,
                        _TAKEN.c.ip_address.in_(
                            [one['ip_address'] for one in wanted]
                        ),
                    ),
                )
            )
            .where(
                _SUBNETS.c.neutron_subnet_id.in_(
                    [one['subnet_id'] for one in wanted]
                )
            )
        ).all()
        ids = {row.neutron_subnet_id: row.id for row in rows}
        taken = {(row.neutron_subnet_id, row.ip_address) for row in rows}
        for one in wanted:
            if one['subnet_id'] not in ids:
                raise exceptions.SubnetNotFound(subnet_id=one['subnet_id'])
            if (one['subnet_id'], one['ip_address']) in taken:
                raise ipam_exc.IpAddressAlreadyAllocated(
                    subnet_id=one['subnet_id'], ip=one['ip_address']
                )
        context.session.execute(
            sa.insert(_TAKEN),
            [
                {
                    'ip_address': one['ip_address'],
                    'status': _ALLOCATED,
                    'ipam_subnet_id': ids[one['subnet_id']],
                }
                for one in wanted
            ],
        )
    return wanted
