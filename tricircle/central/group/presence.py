# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups in regions: they follow networks, ports and rules."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import intents
from tricircle.central.engine import presence
from tricircle.db.central import documents as central_state
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.group import reads as central_groups
from tricircle.journal import group_members
from tricircle.replica import types


def follow(
    session: orm.Session, pod: presence_db.Pod, group_ids: list[str]
) -> None:
    """Give a region security groups, and what their rules lead to.

    In the transaction of the caller. Groups that the region has already
    are left alone: whatever gave them to it gave those that they lead to.
    """
    if not group_ids:
        return
    absent = set(group_ids) - presence_db.present_in(
        session, types.SECURITY_GROUP, group_ids, pod.pod_id
    )
    if not absent:
        return
    reached: dict[str, list[str]] = {}
    for resource_type, one in central_groups.closure(session, absent):
        reached.setdefault(resource_type, []).append(one)
    for resource_type, ids in reached.items():
        presence.give(
            session,
            pod,
            resource_type,
            central_state.projects(session, resource_type, ids),
        )
    group_members.give(
        session,
        pod,
        central_groups.remote_groups(
            session, reached.get(types.SECURITY_GROUP, ())
        ),
    )


def follow_ports(
    session: orm.Session,
    pod: presence_db.Pod,
    port_ids: list[str],
    project_id: str,
) -> None:
    """Give a region the security groups of ports that it has or gets.

    A project that is new in the region takes all its groups along, because
    its users choose among them there.
    """
    table = tables.port_groups
    group_ids = set(
        session.scalars(
            sa.select(table.c.security_group_id).where(
                table.c.port_id.in_(port_ids)
            )
        )
    )
    absent = group_ids - presence_db.present_in(
        session, types.SECURITY_GROUP, group_ids, pod.pod_id
    )
    if not absent:
        return
    if project_id:
        absent.update(central_groups.of_project(session, project_id))
    follow(session, pod, sorted(absent))


def follow_rule(session: orm.Session, rule: Mapping[str, Any]) -> None:
    """Give the regions of a group what its new rule names.

    In the transaction that makes the rule.
    """
    group_id, remote = rule['security_group_id'], rule['remote_group_id']
    addresses = rule['remote_address_group_id']
    if addresses is None and remote is None:
        return
    for pod in presence_db.pods_to_tell(
        session, types.SECURITY_GROUP, group_id
    ):
        if remote is not None:
            follow(session, pod, [remote])
            group_members.give(
                session,
                pod,
                central_state.projects(
                    session, types.SECURITY_GROUP, [remote]
                ),
            )
        if addresses is not None:
            presence.give(
                session,
                pod,
                types.ADDRESS_GROUP,
                central_state.projects(
                    session, types.ADDRESS_GROUP, [addresses]
                ),
            )


def created(session: orm.Session, group_id: str, project_id: str) -> None:
    """Give a new security group to the regions its project is in."""
    names = set(presence_db.regions_of_project(session, project_id))
    if not names:
        return
    named = central_groups.remote_groups(session, [group_id])
    for pod in presence_db.serving(session):
        if pod.region_name in names:
            presence_db.insert_absent(
                session,
                pod.pod_id,
                types.SECURITY_GROUP,
                {group_id: project_id},
            )
            group_members.give(session, pod, named)
    intents.changed(session, types.SECURITY_GROUP, group_id, project_id)
