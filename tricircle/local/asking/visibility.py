# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a request does not see of what the region has.

Shadow ports are nobody's: a tenant does not see them. A network that is not
whole yet is not there for a request that could bring it here; the getters
then wait for whoever is making it, or make it if nobody is (any more).
"""

import contextlib
from typing import Any, Final

from neutron.db import models_v2
from neutron_lib.db import model_query

from tricircle.db import aside
from tricircle.local.engine import ledger
from tricircle.local.engine import shadows

_whole_only: Final = aside.Aside[bool]('whole_networks_only')


def only_whole_networks(
    context: Any, wanted: bool
) -> contextlib.AbstractContextManager[None]:
    """Do not see networks in here that have not got their subnets yet.

    :param wanted: whether to do so at all
    """
    return _whole_only.said(context, wanted)


def _whole(context: Any, original_model: Any, query: Any) -> Any:
    if original_model is not models_v2.Network or not _whole_only.of(context):
        return query
    return query.filter(~ledger.half_made(models_v2.Network.id))


def hide_half_made_networks() -> None:
    """Register what :func:`only_whole_networks` asks for."""
    model_query.register_hook(
        models_v2.Network,
        'tricircle_half_made_networks',
        query_hook=_whole,
        filter_hook=None,
        result_filters=None,
    )


def _scope(context: Any, original_model: Any, query: Any) -> Any:
    if context.is_admin or original_model is not models_v2.Port:
        return query
    return query.filter(~shadows.is_shadow(models_v2.Port.id))


def hide_shadow_ports() -> None:
    """Leave shadow ports out of everything that is not an admin's."""
    model_query.register_hook(
        models_v2.Port,
        'tricircle_shadow_ports',
        query_hook=_scope,
        filter_hook=None,
        result_filters=None,
    )
