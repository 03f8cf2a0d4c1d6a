# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Changes of ports that regions must hear of."""

from collections.abc import Mapping
from typing import Any, Final

from neutron_lib.api.definitions import allowedaddresspairs as aap_apidef
from neutron_lib.api.definitions import extra_dhcp_opt as edo_apidef
from neutron_lib.api.definitions import port_security as psec_apidef
from neutron_lib.api.definitions import portbindings
from sqlalchemy import orm

from tricircle.central.engine import intents
from tricircle.central.shadow import chunks as shadow_chunks
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


def changed(session: orm.Session, port: Mapping[str, Any]) -> bool:
    """Record that a port changed, for its region and for its shadows'.

    A router's port has shadows only: the region gets it with the router.

    :returns: False when it is in no region by itself
    """
    shadow_chunks.changed(session, port['id'])
    return bool(
        intents.changed(session, types.PORT, port['id'], port['project_id'])
    )
