# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""RBAC entries of a network replica, with central's IDs."""

from typing import Any

from neutron.objects import network as network_objects
from neutron_lib.db import api as db_api


def _here(context: Any, network_id: str) -> dict[str, dict[str, Any]]:
    return {
        str(entry.id): {
            'id': str(entry.id),
            'project_id': entry.project_id or '',
            'target_tenant': entry.target_project,
            'action': entry.action,
        }
        for entry in network_objects.NetworkRBAC.get_objects(
            context, object_id=network_id
        )
    }


def observe(context: Any, network_id: str) -> list[dict[str, Any]]:
    """Read back who else may use a network, in document form."""
    with db_api.CONTEXT_READER.using(context):
        here = _here(context, network_id)
    return [here[key] for key in sorted(here)]


def remove(
    context: Any, network_id: str, wanted: list[dict[str, Any]]
) -> None:
    """Remove entries that are not wanted.

    An external network gets an entry of Neutron's own at creation
    (external_net_db): central's takes its place.
    """
    kept = {one['id'] for one in wanted}
    with db_api.CONTEXT_WRITER.using(context):
        for key in sorted(set(_here(context, network_id)) - kept):
            network_objects.NetworkRBAC.delete_objects(
                context, id=key, object_id=network_id
            )


def add(context: Any, network_id: str, wanted: list[dict[str, Any]]) -> None:
    """Add entries that are wanted and not here."""
    if not wanted:
        return
    by_id = {one['id']: one for one in wanted}
    with db_api.CONTEXT_WRITER.using(context):
        here = _here(context, network_id)
        for key in sorted(set(by_id) - set(here)):
            one = by_id[key]
            network_objects.NetworkRBAC(
                context,
                id=key,
                object_id=network_id,
                project_id=one['project_id'],
                action=one['action'],
                target_project=one['target_tenant'],
            ).create()
