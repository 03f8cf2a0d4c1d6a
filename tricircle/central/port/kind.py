# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports, as the engine must know them."""

from typing import Final

from neutron.db import models_v2
from neutron_lib import exceptions as n_exc
from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.central.port import api
from tricircle.central.port import presence
from tricircle.db.central import central_only
from tricircle.db.central.port import reads as central_ports
from tricircle.plan import port as port_plan
from tricircle.replica import types


def _not_found(port_id: str) -> n_exc.NotFound:
    return n_exc.PortNotFound(port_id=port_id)


def _omitted(session: orm.Session, port_id: str) -> tuple[str, ...]:
    found = central_ports.read(session, [port_id]).get(port_id)
    if found is None:
        return ()
    return (
        *port_plan.omitted(found),
        *central_only.of_port(session, port_id),
    )


def _grant(port_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant(port_id, region_name, wanted.purpose)


KIND: Final = kinds.Kind(
    type=types.PORT,
    not_found=_not_found,
    omitted=_omitted,
    model=models_v2.Port,
    grant=_grant,
    tagged={'ports': models_v2.Port.__table__.c.id},
    controller=api.PortReplicaController,
)
