# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups in central.

Neutron tells of them after its transactions only: what is written of one is
seen as SQLAlchemy writes it, see
:mod:`tricircle.central.engine.session_events`. A region gets one with a
security group whose rule names it, or when it asks.

Neutron has a transaction for each address of a request, so one that is
refused is partly carried out, which regions would follow. Here a request is
carried out or it is not.
"""

from typing import Any, Final

from neutron.db import rbac_db_models
from neutron.db.models import address_group as models
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import address_group as errors

from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.replica import types


class AddressGroupsMixin:
    """Changes of address groups; in front of the core plugin.

    Each method is Neutron's.
    """

    def create_address_group(self, context: Any, address_group: Any) -> Any:
        with db_api.CONTEXT_WRITER.using(context):
            return super().create_address_group(  # type: ignore[misc]
                context, address_group
            )

    def add_addresses(
        self, context: Any, address_group_id: str, addresses: Any
    ) -> Any:
        with db_api.CONTEXT_WRITER.using(context):
            return super().add_addresses(  # type: ignore[misc]
                context, address_group_id, addresses
            )

    def remove_addresses(
        self, context: Any, address_group_id: str, addresses: Any
    ) -> Any:
        with db_api.CONTEXT_WRITER.using(context):
            return super().remove_addresses(  # type: ignore[misc]
                context, address_group_id, addresses
            )


def _not_found(group_id: str) -> n_exc.NotFound:
    return errors.AddressGroupNotFound(address_group_id=group_id)


def _grant(group_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant_anywhere(types.ADDRESS_GROUP, group_id, region_name)


KIND: Final = kinds.Kind(
    type=types.ADDRESS_GROUP,
    not_found=_not_found,
    model=models.AddressGroup,
    grant=_grant,
    tagged={'address_groups': models.AddressGroup.__table__.c.id},
    rows={
        models.AddressGroup: 'id',
        models.AddressAssociation: 'address_group_id',
        rbac_db_models.AddressGroupRBAC: 'object_id',
    },
)
