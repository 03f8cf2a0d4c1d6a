# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the region has of a network of its own, for central to take over.

Read in one transaction, in the words of Neutron's API: what central is to
have under the same IDs. The digest covers all of it, revisions included, so
that no earlier state ever has the digest of a later one.
"""

from collections.abc import Iterable
import json
from typing import Any

from neutron.objects import network as network_objects
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import rbac
from tricircle.replica import types
from tricircle.replica.body import digest as digests

_RBAC = rbac.Entries(network_objects.NetworkRBAC)


def read(context: Any, network_id: str) -> dict[str, Any]:
    """Return a network with all that is on it, and the digest of that.

    Groups are those of its ports and those that their rules name, without
    those that are central's already.

    :param context: an admin context; in a transaction it is read in that
    :raises NetworkNotFound: when the region has no such network
    """
    plugin = directory.get_plugin()
    of_network = {'network_id': [network_id]}
    with db_api.CONTEXT_READER.using(context):
        network = plugin.get_network(context, network_id)
        ports = _ordered(plugin.get_ports(context, filters=of_network))
        found = {
            'network': network,
            'subnets': _ordered(
                plugin.get_subnets(context, filters=of_network)
            ),
            'ports': ports,
            'groups': _groups(context, ports),
            'floating_ips': _floating_ips(
                context, [one['id'] for one in ports]
            ),
            'rbac': _RBAC.observe(context, network_id),
        }
    # Plain data: addresses and moments are objects of their own otherwise.
    plain = json.loads(json.dumps(found, default=str))
    return {'id': network_id, **plain, 'digest': digests.digest(plain)}


def _ordered(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda one: str(one['id']))


def _groups(context: Any, ports: list[Any]) -> list[Any]:
    """Return the groups of ports, and those that rules of these name."""
    found: list[Any] = []
    wanted = {group for one in ports for group in one['security_groups']}
    seen: set[str] = set()
    while wanted:
        seen |= wanted
        own = wanted - _of_central(context, wanted)
        # Not get_security_group(), which pulls in an API worker.
        new = (
            directory.get_plugin().get_security_groups(
                context, filters={'id': sorted(own)}, default_sg=True
            )
            if own
            else []
        )
        found += [
            {
                **one,
                'security_group_rules': _ordered(one['security_group_rules']),
            }
            for one in new
        ]
        wanted = {
            rule['remote_group_id']
            for one in new
            for rule in one['security_group_rules']
            if rule['remote_group_id']
        } - seen
    return _ordered(found)


def _of_central(context: Any, ids: Iterable[str]) -> set[str]:
    """Return which groups are central's, by the IDs that they have here."""
    wanted = sorted(ids)
    here = sa.func.coalesce(Replica.local_id, Replica.resource_id)
    return set(
        context.session.scalars(
            sa.select(here).where(
                Replica.resource_type == types.SECURITY_GROUP,
                here.in_(wanted),
            )
        )
    )


def _floating_ips(context: Any, port_ids: list[str]) -> list[Any]:
    routers = directory.get_plugin(constants.L3)
    if routers is None or not port_ids:
        return []
    return _ordered(
        routers.get_floatingips(context, filters={'port_id': port_ids})
    )
