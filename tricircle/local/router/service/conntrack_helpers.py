# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Conntrack helpers on a router of central's, with central's IDs.

Which of them a region's hosts have, its operator says
(``allowed_conntrack_helpers``). The others the region leaves out, and says so.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from neutron.api.rpc.callbacks import events as rpc_events
from neutron.db.models import conntrack_helper as models
from neutron.objects import conntrack_helper as objects
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.replica.kinds.router import CONNTRACK_HELPER

Helper = Mapping[str, Any]


def is_supported(helper: Helper) -> bool:
    """Tell whether this region can have a helper."""
    plugin = directory.get_plugin(constants.CONNTRACKHELPER)
    return plugin is not None and helper['protocol'] in plugin.constraints.get(
        helper['helper'], ()
    )


def lacking(wanted: Iterable[Helper]) -> list[dict[str, Any]]:
    """Return those that this region cannot have."""
    return [dict(one) for one in wanted if not is_supported(one)]


def observe(context: Any, router_id: str) -> list[dict[str, Any]]:
    """Read a router's helpers back in document form."""
    model = models.ConntrackHelper
    with db_api.CONTEXT_READER.using(context):
        return [
            {name: getattr(row, name) for name in CONNTRACK_HELPER.names}
            for row in context.session.execute(
                sa.select(model.id, model.protocol, model.port, model.helper)
                .where(model.router_id == router_id)
                .order_by(model.id)
            )
        ]


def apply(context: Any, router_id: str, wanted: Iterable[Helper]) -> None:
    """Give a router the helpers of a document, and no others.

    Agents are told of those that are gone. With the router they read those
    that are there.
    """
    here = observe(context, router_id)
    asked = [dict(one) for one in wanted if is_supported(one)]
    gone = [one['id'] for one in here if one not in asked]
    new = [one for one in asked if one not in here]
    if gone:
        plugin = directory.get_plugin(constants.CONNTRACKHELPER)
        with db_api.CONTEXT_WRITER.using(context):
            removed = objects.ConntrackHelper.get_objects(context, id=gone)
            for one in removed:
                one.delete()
        if plugin is not None:
            plugin.push_api.push(context, removed, rpc_events.DELETED)
    if new:
        with db_api.CONTEXT_WRITER.using(context):
            for one in new:
                objects.ConntrackHelper(
                    context, router_id=router_id, **one
                ).create()
