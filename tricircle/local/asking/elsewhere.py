# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that are not in this region, as central shows them.

A look moves nothing: who reads a port that another region has, sees what
central has of it, by the token of the request itself, and nothing is kept
here. The same request may change or delete such a port; central does that.
"""

from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.api.definitions import port as port_def

from tricircle.local.asking import errors
from tricircle.local.asking import for_caller
from tricircle.local.asking import preconditions
from tricircle.local.asking import request
from tricircle.local.engine import attributes
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map

_PORTS = port_def.COLLECTION_NAME


class Elsewhere(for_caller.ForCaller):
    """What central shows of such ports, and does with them."""

    def show(self, port_id: str) -> dict[str, Any]:
        """Return a port as central shows it to the caller.

        :raises neutron_lib.exceptions.PortNotFound: central does not
        :raises CentralUnavailable: central does not answer
        """
        found = self._ask(self._client.show, _PORTS, port_id)
        shown = _in_region(found)
        request.note_elsewhere(port_id, shown)
        return shown

    def change(
        self, port_id: str, changes: dict[str, Any], forwarded: Any
    ) -> dict[str, Any]:
        """Change a port in central; return it.

        :param forwarded: attributes that a region's user may change
        :raises PortInUse: for those that are only changed where the
            port is
        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        others = sorted(set(changes) - set(forwarded))
        if others:
            raise refusals.PortInUse(
                port_id=port_id,
                reason='its {} cannot be changed from here'.format(
                    ', '.join(others)
                ),
            )
        wanted = dict(changes)
        if wanted.get('security_groups'):
            wanted['security_groups'] = id_map.to_central(
                neutron_context.get_admin_context(), wanted['security_groups']
            )
        return _in_region(
            self._ask(
                self._client.update,
                _PORTS,
                port_def.RESOURCE_NAME,
                port_id,
                wanted,
                refusal=errors.translate_precondition,
                revision=preconditions.wanted_revision(_PORTS, port_id),
            )
        )

    def delete(self, port_id: str, shown: dict[str, Any]) -> None:
        """Delete a port in central; the region that has it follows.

        :param shown: the port as central has shown it to the caller
        :raises PortInUse: when something uses it where it is: of that
            the region there knows more
        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        if shown.get('device_id'):
            raise refusals.PortInUse(
                port_id=port_id,
                reason='device %s uses it there' % shown['device_id'],
            )
        self._ask(
            self._client.delete,
            _PORTS,
            port_id,
            refusal=errors.translate_precondition,
            revision=preconditions.wanted_revision(_PORTS, port_id),
        )


def _in_region(port: dict[str, Any]) -> dict[str, Any]:
    """Return a port of central's with the attributes that this API has."""
    shown = attributes.visible(_PORTS, port)
    if 'security_groups' in shown:
        shown['security_groups'] = id_map.to_local(
            neutron_context.get_admin_context(), shown['security_groups']
        )
    return shown


def matches(port: dict[str, Any], filters: dict[str, Any] | None) -> bool:
    """Tell whether a list with these filters has a port in it.

    What is no plain attribute of the port matches nothing: only this
    region's own tables could tell.
    """
    return all(
        key in port
        and not isinstance(port[key], list | dict)
        and port[key] in values
        for key, values in (filters or {}).items()
        if key != 'id'
    )
