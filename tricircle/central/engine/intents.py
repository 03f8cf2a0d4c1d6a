# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a change in central means for the regions, written down with it.

Each function runs in the transaction of the change: the intent commits with
it or not at all. Where a resource is present nowhere this costs one look
into ``resource_routings`` by its index, and nothing is written.
"""

from collections.abc import Iterable

from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.db.central import presence
from tricircle.journal import intent


def changed(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    project_id: str | None = None,
) -> list[str]:
    """Record that the regions that have a resource must hear of a change.

    :param resource_type: network, port or security-group
    :returns: names of these regions
    """
    found = [
        pod.region_name
        for pod in presence.pods_to_tell(session, resource_type, resource_id)
    ]
    if found:
        intent.record(
            session,
            [
                intent.Intent(resource_type, resource_id, name, project_id)
                for name in found
            ],
        )
    return found


def several_changed(
    session: orm.Session, resources: Iterable[tuple[str, str]]
) -> None:
    """Record that some (type, ID) changed."""
    for resource_type, resource_id in sorted(set(resources)):
        record = kinds.of(resource_type).changed
        if record is None:
            changed(session, resource_type, resource_id)
        else:
            record(session, resource_id)
