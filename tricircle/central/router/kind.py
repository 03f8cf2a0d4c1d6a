# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers, as the engine must know them."""

from typing import Final

from neutron.db.models import l3 as l3_models
from neutron_lib import exceptions as n_exc
from neutron_lib.exceptions import l3 as l3_exc
from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.central.router import api
from tricircle.journal import router_intents
from tricircle.replica import types


def _not_found(router_id: str) -> n_exc.NotFound:
    return l3_exc.RouterNotFound(router_id=router_id)


def _changed(session: orm.Session, router_id: str) -> None:
    router_intents.record(session, [router_id])


KIND: Final = kinds.Kind(
    type=types.ROUTER,
    not_found=_not_found,
    changed=_changed,
    tagged={'routers': l3_models.Router.__table__.c.id},
    controller=api.RouterReplicaController,
)
