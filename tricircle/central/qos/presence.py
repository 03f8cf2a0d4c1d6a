# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies in regions: they follow networks, ports and routers."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import orm

from tricircle.central.engine import presence
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence as presence_db
from tricircle.replica import types


def follow(
    session: orm.Session,
    pod: presence_db.Pod,
    policy_ids: Iterable[str | None],
) -> None:
    """Give a region policies that it has not.

    In the transaction of the caller, without a statement where there are
    none.

    :param policy_ids: None among them is nothing
    """
    wanted = {one for one in policy_ids if one is not None}
    if not wanted:
        return
    absent = wanted - presence_db.present_in(
        session, types.QOS_POLICY, wanted, pod.pod_id
    )
    presence.give(
        session,
        pod,
        types.QOS_POLICY,
        central_state.projects(session, types.QOS_POLICY, absent),
    )


def follow_change(
    session: orm.Session,
    resource_type: str,
    resource: Mapping[str, Any],
    original: Mapping[str, Any],
) -> None:
    """Give the regions of a network or port the policy that it gets.

    In the transaction of the change.

    :param resource: as it is now; without the attribute where central has
        no policies
    """
    policy_id = resource.get('qos_policy_id')
    if policy_id is None or policy_id == original.get('qos_policy_id'):
        return
    for pod in presence_db.pods_to_tell(
        session, resource_type, resource['id']
    ):
        follow(session, pod, [policy_id])
