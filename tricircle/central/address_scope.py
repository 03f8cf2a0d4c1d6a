# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address scopes in central.

Neutron tells of them nowhere: what is written of one is seen as SQLAlchemy
writes it, see :mod:`tricircle.central.engine.session_events`. A region gets
one with a subnet pool that is in it, or when it asks.
"""

from typing import Final

from neutron.db import rbac_db_models
from neutron.db.models import address_scope as models
from neutron_lib import exceptions as n_exc
from neutron_lib.exceptions import address_scope as errors

from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.replica import types


def _not_found(scope_id: str) -> n_exc.NotFound:
    return errors.AddressScopeNotFound(address_scope_id=scope_id)


def _grant(scope_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant_anywhere(types.ADDRESS_SCOPE, scope_id, region_name)


KIND: Final = kinds.Kind(
    type=types.ADDRESS_SCOPE,
    not_found=_not_found,
    model=models.AddressScope,
    grant=_grant,
    rows={
        models.AddressScope: 'id',
        rbac_db_models.AddressScopeRBAC: 'object_id',
    },
)
