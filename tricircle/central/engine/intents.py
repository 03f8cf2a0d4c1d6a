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

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron_lib.api.definitions import allowedaddresspairs as aap_apidef
from neutron_lib.api.definitions import extra_dhcp_opt as edo_apidef
from neutron_lib.api.definitions import port_security as psec_apidef
from neutron_lib.api.definitions import portbindings
from sqlalchemy import orm

from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db.central import presence
from tricircle.journal import intent
from tricircle.journal import router_plan
from tricircle.replica import types

#: Attributes of a port that its region gets, or is said not to get yet. Host,
#: device and status are not among them: they come from there.
_TRAVELLING: Final = (
    'name',
    'description',
    'admin_state_up',
    'mac_address',
    'fixed_ips',
    'security_groups',
    psec_apidef.PORTSECURITY,
    aap_apidef.ADDRESS_PAIRS,
    edo_apidef.EXTRADHCPOPTS,
    portbindings.VNIC_TYPE,
    portbindings.PROFILE,
    'device_profile',
    'dns_domain',
    'dns_name',
    'hardware_offload_type',
    'hints',
    'numa_affinity_policy',
    'propagate_uplink_status',
    'qos_policy_id',
    'trusted',
)
#: Lists of a port whose order means nothing.
_SETS: Final = frozenset(
    [
        'fixed_ips',
        'security_groups',
        aap_apidef.ADDRESS_PAIRS,
        edo_apidef.EXTRADHCPOPTS,
    ]
)


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


def _comparable(port: Mapping[str, Any], name: str) -> Any:
    value = port.get(name)
    if name in _SETS and value:
        return sorted(
            str(sorted(one.items()) if isinstance(one, Mapping) else one)
            for one in value
        )
    return value or None


def travels(port: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    """Tell whether an update of a port concerns its region."""
    return any(
        _comparable(port, name) != _comparable(original, name)
        for name in _TRAVELLING
    )


def port_changed(session: orm.Session, port: Mapping[str, Any]) -> bool:
    """Record that a port changed, for its region and for its shadows'.

    A router's port has shadows only: the region gets it with the router.

    :returns: False when it is in no region by itself
    """
    shadow_chunks.changed(session, port['id'])
    return bool(changed(session, types.PORT, port['id'], port['project_id']))


def group_created(
    session: orm.Session, group_id: str, project_id: str
) -> None:
    """Give a new security group to the regions its project is in."""
    names = set(presence.regions_of_project(session, project_id))
    if not names:
        return
    for pod in presence.pods(session):
        if pod.region_name in names:
            presence.insert_absent(
                session,
                pod.pod_id,
                types.SECURITY_GROUP,
                {group_id: project_id},
            )
    changed(session, types.SECURITY_GROUP, group_id, project_id)


def several_changed(
    session: orm.Session, resources: Iterable[tuple[str, str]]
) -> None:
    """Record that some (type, ID) changed."""
    for resource_type, resource_id in sorted(set(resources)):
        if resource_type == types.ROUTER:
            router_plan.record(session, [resource_id])
        else:
            changed(session, resource_type, resource_id)
