# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""How to ask Neutron for the addresses that central gave."""

from collections.abc import Iterable, Mapping
from typing import Any

from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib.db import api as db_api
import sqlalchemy as sa

_AUTOMATIC = (constants.IPV6_SLAAC, constants.DHCPV6_STATELESS)


def to_create(
    context: Any, fixed_ips: Iterable[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Return what to create a port with, so that it has these addresses.

    Where an address follows from the MAC, Neutron adds it by itself, and
    would find it taken when it was also asked for: only the subnet is named.

    :param context: an admin context
    """
    wanted = [
        {
            'subnet_id': str(one['subnet_id']),
            'ip_address': str(one['ip_address']),
        }
        for one in fixed_ips
    ]
    maybe = {one['subnet_id'] for one in wanted if ':' in one['ip_address']}
    automatic = _automatic(context, maybe) if maybe else frozenset()
    return [
        {'subnet_id': one['subnet_id']}
        if one['subnet_id'] in automatic
        else one
        for one in wanted
    ]


def _automatic(context: Any, subnet_ids: Iterable[str]) -> frozenset[str]:
    subnet = models_v2.Subnet
    with db_api.CONTEXT_READER.using(context):
        return frozenset(
            context.session.scalars(
                sa.select(subnet.id).where(
                    subnet.id.in_(list(subnet_ids)),
                    sa.or_(
                        subnet.ipv6_ra_mode.in_(_AUTOMATIC),
                        subnet.ipv6_address_mode.in_(_AUTOMATIC),
                    ),
                )
            )
        )
