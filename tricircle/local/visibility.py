# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports are nobody's: a tenant does not see them."""

from typing import Any

from neutron.db import models_v2
from neutron_lib.db import model_query

from tricircle.replica import types


def _scope(context: Any, original_model: Any, query: Any) -> Any:
    if context.is_admin or original_model is not models_v2.Port:
        return query
    return query.filter(
        models_v2.Port.device_owner != types.SHADOW_DEVICE_OWNER
    )


def hide_shadow_ports() -> None:
    """Leave shadow ports out of everything that is not an admin's."""
    model_query.register_hook(
        models_v2.Port,
        'tricircle_shadow_ports',
        query_hook=_scope,
        filter_hook=None,
        result_filters=None,
    )
