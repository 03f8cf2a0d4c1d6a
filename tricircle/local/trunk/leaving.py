# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that leave this region, of which central's trunks are made."""

import contextlib
from typing import Any

from neutron.objects import trunk as objects
from neutron_lib import exceptions
from neutron_lib.db import api as db_api

from tricircle.local.engine import apply
from tricircle.local.engine import ledger
from tricircle.local.trunk import applier
from tricircle.replica import types


def leave(context: Any, port_id: str, release: bool) -> None:
    """Take a port out of its trunk, because central wants it deleted.

    Neutron refuses to delete it before. The trunk's own document may come
    later, and finds it done.

    :param release: another region is to have the port: so it is to have all
        of the trunk
    :raises ReplicaInUse: when an instance has the trunk
    """
    if applier.plugin() is None:
        return
    with db_api.CONTEXT_READER.using(context):
        trunk = objects.Trunk.get_object(context, port_id=port_id)
        sub_port = objects.SubPort.get_object(context, port_id=port_id)
        if trunk is None and sub_port is not None:
            trunk = objects.Trunk.get_object(context, id=sub_port.trunk_id)
        if trunk is None or not ledger.held(
            context.session, types.TRUNK, [trunk.id]
        ):
            return
    # Another port of the trunk, or the trunk's own document, may be first:
    # what is not found then is not the port that is to be deleted.
    with contextlib.suppress(exceptions.NotFound):
        if release or trunk.port_id == port_id:
            apply.remove(context, types.TRUNK, trunk.id, release)
        else:
            applier.drop(context, trunk, [port_id])
