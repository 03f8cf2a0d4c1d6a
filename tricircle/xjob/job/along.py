# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What comes along with documents is in the region from then on, as well."""

from collections.abc import Iterable

from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence
from tricircle.db.central.group import reads as groups
from tricircle.journal import group_members
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Document


def note(documents: Iterable[Document]) -> None:
    """Note what any region may have and comes along with documents.

    :param documents: of one region
    """
    along: dict[str, set[str]] = {}
    region_name = ''
    for document in documents:
        region_name = document.region
        for one in document.requires:
            if central_state.KINDS[one.type].anywhere is not None:
                along.setdefault(one.type, set()).add(one.id)
    if along:
        _note(region_name, along)


@sessions.retry
def _note(region_name: str, along: dict[str, set[str]]) -> None:
    with sessions.writer() as session:
        pods = {pod.region_name: pod for pod in presence.pods(session)}
        pod = pods.get(region_name)
        if pod is None:
            return
        for resource_type, ids in along.items():
            known = presence.present_in(
                session, resource_type, ids, pod.pod_id
            )
            new = central_state.projects(session, resource_type, ids - known)
            presence.insert_absent(session, pod.pod_id, resource_type, new)
            intent.ensure(
                session,
                [
                    intent.Intent(
                        resource_type,
                        one,
                        region_name,
                        project,
                        delay=durations.GROUP_CONFIRMED,
                    )
                    for one, project in new.items()
                ],
            )
            if resource_type == types.SECURITY_GROUP and new:
                group_members.give(
                    session, pod, groups.remote_groups(session, new)
                )
