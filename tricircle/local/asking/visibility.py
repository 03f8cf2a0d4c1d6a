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

Shadow ports are nobody's: a tenant does not see them. So is what stands for
members of security groups elsewhere: nobody sees it at all. A network that is
not whole yet is not there for a request that could bring it here; the getters
then wait for whoever is making it, or make it if nobody is (any more).
"""

import contextlib
from typing import Any, Final

from neutron.db import models_v2
from neutron.db.models import address_group as address_models
from neutron.db.models import securitygroup as group_models
from neutron.extensions import securitygroup as group_ext
from neutron_lib.db import model_query
from neutron_lib.db import resource_extend

from tricircle.db import aside
from tricircle.local.engine import ledger
from tricircle.local.engine.group import members
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import shadows

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


def _of_users(context: Any, original_model: Any, query: Any) -> Any:
    if not actor.is_reading():
        return query
    if original_model is address_models.AddressGroup:
        return query.filter(~members.is_address_group(original_model.id))
    if original_model is group_models.SecurityGroupRule:
        return query.filter(
            ~members.is_address_group(original_model.remote_address_group_id)
        )
    return query


def _rules_of_users(shown: dict[str, Any], group: Any) -> None:
    """Leave rules out of what is shown of a group."""
    if not actor.is_applying():
        shown['security_group_rules'] = [
            rule
            for rule in shown['security_group_rules']
            if not members.is_rule(rule)
        ]


def hide_members() -> None:
    """Leave out what stands for members of groups elsewhere.

    Of groups always, of address groups and rules in
    :func:`tricircle.local.engine.owner.actor.reading`: agents read them too.
    """
    for model in (
        address_models.AddressGroup,
        group_models.SecurityGroupRule,
    ):
        model_query.register_hook(
            model,
            'tricircle_members',
            query_hook=_of_users,
            filter_hook=None,
            result_filters=None,
        )
    resource_extend.register_funcs(group_ext.SECURITYGROUPS, [_rules_of_users])
