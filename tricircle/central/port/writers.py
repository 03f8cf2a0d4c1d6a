# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region may do to ports by Neutron's own API: nothing to others'.

Neutron lets any user with the role ``service`` make, change and delete every
port. In central a region has that role to pull and to report. What it passes
on for a user, or for a service beside it, is theirs: another matter.
"""

from typing import Any

from neutron_lib.db import api as db_api

from tricircle.central.engine import regions
from tricircle.replica import messages


def _check(context: Any, *port_ids: str) -> None:
    # By its own token: that of a user has other roles.
    if regions.SERVICE not in (context.roles or ()) or context.is_admin:
        return
    with db_api.CONTEXT_READER.using(context):
        regions.check_writer(context.session, context, port_ids)


class PortWritersMixin:
    """Keeps regions from each other's ports; in front of the core plugin.

    Each method is Neutron's.

    :raises Forbidden: when a region writes what is not in it
    """

    def create_port(self, context: Any, port: Any) -> Any:
        if not port['port'].get(messages.REGION_ATTRIBUTE):
            _check(context)
        return super().create_port(context, port)  # type: ignore[misc]

    def create_port_bulk(self, context: Any, ports: Any) -> Any:
        if not all(
            one['port'].get(messages.REGION_ATTRIBUTE)
            for one in ports['ports']
        ):
            _check(context)
        return super().create_port_bulk(  # type: ignore[misc]
            context, ports
        )

    def update_port(self, context: Any, id: str, port: Any) -> Any:
        _check(context, id)
        return super().update_port(context, id, port)  # type: ignore[misc]

    def delete_port(
        self, context: Any, id: str, l3_port_check: bool = True
    ) -> None:
        _check(context, id)
        super().delete_port(  # type: ignore[misc]
            context, id, l3_port_check=l3_port_check
        )

    def create_port_binding(
        self, context: Any, port_id: str, binding: Any
    ) -> Any:
        _check(context, port_id)
        return super().create_port_binding(  # type: ignore[misc]
            context, port_id, binding
        )

    def update_port_binding(
        self, context: Any, host: str, port_id: str, binding: Any
    ) -> Any:
        _check(context, port_id)
        return super().update_port_binding(  # type: ignore[misc]
            context, host, port_id, binding
        )

    def activate(self, context: Any, host: str, port_id: Any) -> Any:
        # As Ml2Plugin does: Neutron's API sends the body in place of the ID.
        found = port_id['port_id'] if isinstance(port_id, dict) else port_id
        _check(context, found)
        return super().activate(context, host, found)  # type: ignore[misc]

    def delete_port_binding(
        self, context: Any, host: str, port_id: str
    ) -> Any:
        _check(context, port_id)
        return super().delete_port_binding(  # type: ignore[misc]
            context, host, port_id
        )

    # Whose they are is asked of the region that has the port.

    def get_port_binding(
        self, context: Any, host: str, port_id: str, *what: Any, **how: Any
    ) -> Any:
        _check(context, port_id)
        return super().get_port_binding(  # type: ignore[misc]
            context, host, port_id, *what, **how
        )

    def get_port_bindings(
        self, context: Any, port_id: str, *what: Any, **how: Any
    ) -> Any:
        _check(context, port_id)
        return super().get_port_bindings(  # type: ignore[misc]
            context, port_id, *what, **how
        )
