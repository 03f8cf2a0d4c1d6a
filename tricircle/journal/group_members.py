# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who must hear that the members of a security group changed.

A region counts by itself what it has of them. So it hears of a port that
comes, goes or changes elsewhere, and of one that comes to it or leaves it.
Everything is recorded in the transaction of the change itself, one entry for
a group and a region; whoever carries it out reads all members then.
"""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.db.central.group import members as group_members
from tricircle.journal import intent
from tricircle.replica import types


def give(
    session: orm.Session, pod: presence.Pod, projects: Mapping[str, str]
) -> None:
    """Tell a region from now on who is in groups that its rules name.

    That comes by itself, not in an answer: rules let in the region's own
    members meanwhile.

    :param projects: of the groups, by ID
    """
    if pod.leaves:
        return
    presence.insert_absent(session, pod.pod_id, types.GROUP_MEMBERS, projects)
    intent.ensure(
        session,
        [
            intent.Intent(types.GROUP_MEMBERS, one, pod.region_name, project)
            for one, project in projects.items()
        ],
    )


def intents(
    session: orm.Session,
    group_ids: Iterable[str],
    has_it: Collection[str] = (),
) -> list[intent.Intent]:
    """Return the intents for members that come, go, or change addresses.

    One look. It keeps others from giving a group to a region until the
    change is committed, see
    :func:`tricircle.db.central.presence.pods_to_tell`.

    :param has_it: names of regions that have the port, and see for themselves
    """
    return [
        one
        for one in _told(session, group_ids)
        if one.region_name not in has_it
    ]


def changed(
    session: orm.Session,
    group_ids: Iterable[str],
    has_it: Collection[str] = (),
) -> None:
    """Record :func:`intents`; nothing is written where there are none."""
    intent.record(session, intents(session, group_ids, has_it))


def moved(
    session: orm.Session, port_ids: Iterable[str], region_name: str
) -> None:
    """Record for a region that some ports came to it, or left it.

    No other region's set is another by that.
    """
    intent.record(
        session,
        _told(
            session,
            group_members.groups_of(session, port_ids),
            central_models.Pod.region_name == region_name,
        ),
    )


def _told(
    session: orm.Session,
    group_ids: Iterable[str],
    *which: sa.ColumnElement[bool],
) -> list[intent.Intent]:
    """Return an intent for each region that is told of members of groups.

    :param which: conditions on the pods
    """
    wanted = sorted(set(group_ids))
    if not wanted:
        return []
    routing, pod = central_models.ResourceRouting, central_models.Pod
    rows = session.execute(
        sa.select(routing.top_id, routing.project_id, pod.region_name)
        .join(pod, pod.pod_id == routing.pod_id)
        .where(
            routing.top_id.in_(wanted),
            routing.resource_type == types.GROUP_MEMBERS,
            *which,
        )
        .with_for_update(read=True)
    )
    return [
        intent.Intent(
            types.GROUP_MEMBERS, row.top_id, row.region_name, row.project_id
        )
        for row in rows
    ]
