# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What only Neutron and Tricircle may say of a port's device.

Judged is what a request for ports says. A router's request makes and takes
such ports as well, with the rights of its user, and says nothing of them.
"""

from typing import Any, Final

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
import pecan

from tricircle.db import api_request
from tricircle.db import device_owners
from tricircle.db.central import presence
from tricircle.replica import held_ports
from tricircle.replica import messages
from tricircle.replica import types

#: Owners of ports that Neutron makes for itself: administrators may.
OWN_DEVICE_OWNERS: Final = device_owners.MADE_BY_NEUTRON
_SERVICE: Final = 'service'


class ReservedDevice(n_exc.NotAuthorized):
    """A request says of a port what its sender may not."""

    message = '%(name)s %(value)s of a port is reserved for %(whom)s.'


class DeviceOfRegion(n_exc.Conflict):
    """A region has the port, and says itself what it is for."""

    message = (
        'Port %(port_id)s is in region %(region)s, whose services say what '
        'it is for: change its %(what)s there.'
    )


def check(
    context: Any, said: dict[str, Any], port: dict[str, Any] | None = None
) -> None:
    """Refuse what the sender of a request may not say of a port's device.

    Nothing unless the request is one for ports.

    :param said: attributes of the request
    :param port: the port as it is; repeating that is fine
    :raises ReservedDevice: if so
    """
    if not _is_for_ports():
        return
    before = port or {}
    owner, device_id = said.get('device_owner'), said.get('device_id')
    if owner and owner != before.get('device_owner'):
        if owner == types.SHADOW_DEVICE_OWNER:
            raise ReservedDevice(
                name='device_owner', value=owner, whom='Tricircle'
            )
        if owner in OWN_DEVICE_OWNERS and not _is_trusted(context):
            raise ReservedDevice(
                name='device_owner',
                value=owner,
                whom='Neutron itself and administrators',
            )
    if device_id in held_ports.DEVICE_IDS and device_id != before.get(
        'device_id'
    ):
        raise ReservedDevice(
            name='device_id', value=device_id, whom='Tricircle'
        )


def check_place(
    context: Any, said: dict[str, Any], port: dict[str, Any]
) -> None:
    """Refuse to change the device of a port that a region has.

    The region would not hear of it, and undo it with its next report. What
    services say, such as the region's own, is theirs.

    :param said: attributes of the request
    :param port: the port as it is; repeating that is fine
    :raises DeviceOfRegion: if so
    """
    changed = [
        key
        for key in ('device_id', 'device_owner')
        if key in said and said[key] != port[key]
    ]
    if not changed or not _is_for_ports() or _SERVICE in context.roles:
        return
    with db_api.CONTEXT_READER.using(context):
        regions = presence.regions_of(context.session, types.PORT, port['id'])
    if regions:
        raise DeviceOfRegion(
            port_id=port['id'],
            region=', '.join(regions),
            what=' and '.join(changed),
        )


def check_reported(report: messages.ReportBody) -> None:
    """Refuse what no region has a port say of itself.

    Central shows it, and lays routers out by what its ports say: a region
    would put a port on a router of anybody's.

    :raises ReservedDevice: if so
    """
    owner, device_id = report['device_owner'], report['device_id']
    if owner in OWN_DEVICE_OWNERS or owner == types.SHADOW_DEVICE_OWNER:
        raise ReservedDevice(
            name='device_owner', value=owner, whom='Neutron and Tricircle'
        )
    if device_id in held_ports.DEVICE_IDS:
        raise ReservedDevice(
            name='device_id', value=device_id, whom='Tricircle'
        )


def says_something(said: dict[str, Any]) -> bool:
    """Tell whether a request says what could be refused."""
    return 'device_owner' in said or 'device_id' in said


def _is_trusted(context: Any) -> bool:
    return bool(context.is_admin) or _SERVICE in context.roles


def _is_for_ports() -> bool:
    current = api_request.context() or {}
    return current.get('resource') == 'port' and pecan.request.method in (
        'POST',
        'PUT',
    )
