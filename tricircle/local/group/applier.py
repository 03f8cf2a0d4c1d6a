# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups with their rules."""

import copy
from typing import Any, Final

from neutron.objects import securitygroup as group_objects
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_log import log as logging

from tricircle.db.local.models import State
from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import rbac
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.engine.group import members
from tricircle.local.engine.lease import leases
from tricircle.local.group import companions
from tricircle.local.group import renaming
from tricircle.replica import types
from tricircle.replica.kinds.group import GROUP
from tricircle.replica.kinds.group import RULE

LOG = logging.getLogger(__name__)

#: The extension by which rules name address groups.
RULES_NAME_ADDRESSES: Final = 'security-groups-remote-address-group'
_NAMES_ADDRESSES: Final = 'security_group_rule.remote_address_group_id'
#: Rules added in one transaction, so that a lease outlives each.
_RULES_AT_ONCE: Final = 100


def _added_at_once(context: Any, rules: list[dict[str, Any]]) -> bool:
    """Add rules of one group, or none of them; tell whether they are there.

    Neutron reads all rules of the group for each request to add some.
    """
    try:
        directory.get_plugin().create_security_group_rule_bulk(
            context, {'security_group_rules': copy.deepcopy(rules)}
        )
    except Exception as exc:
        # Which of them it is, is found out one by one.
        LOG.debug('Not all of %d rules can be added: %s', len(rules), exc)
        return False
    return True


def _without_place(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules that this region cannot have.

    Without its address group a rule would let everybody in.
    """
    if attributes.has_extension(RULES_NAME_ADDRESSES):
        return []
    return [one for one in rules if one.get('remote_address_group_id')]


_RBAC = rbac.Entries(group_objects.SecurityGroupRBAC)


class SecurityGroupApplier:
    """Carry out security group documents."""

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a group back, with central's IDs, in one transaction."""
        with db_api.CONTEXT_READER.using(context):
            return self._read(context, resource_id, desired)

    def _read(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        found = self._find_central(context, resource_id)
        if found is None:
            return None
        local_id = str(found['id'])
        wanted = desired['security_group'] if desired else None
        is_default = bool(
            group_objects.DefaultSecurityGroup.objects_exist(
                context, security_group_id=local_id
            )
        )
        group, omitted = attributes.project(
            {**found, 'id': resource_id, 'default': is_default},
            GROUP.names,
            wanted,
            'security_group',
        )
        rules = self._rules(context, found)
        missing = _without_place(desired['rules']) if desired else []
        if missing:
            omitted.append(_NAMES_ADDRESSES)
            rules = sorted([*rules, *missing], key=lambda one: str(one['id']))
        return {
            'security_group': group,
            'rules': rules,
            'rbac': _RBAC.observe(context, local_id),
        }, omitted

    @staticmethod
    def _find(context: Any, local_id: str) -> dict[str, Any] | None:
        # Not get_security_group(), which pulls in an API worker.
        found = directory.get_plugin().get_security_groups(
            context, filters={'id': [local_id]}, default_sg=True
        )
        return dict(found[0]) if found else None

    @staticmethod
    def _rules(context: Any, found: dict[str, Any]) -> list[dict[str, Any]]:
        rules = [
            rule
            for rule in found['security_group_rules']
            if not members.is_rule(rule)
        ]
        remotes = sorted(
            {
                rule['remote_group_id']
                for rule in rules
                if rule['remote_group_id']
            }
        )
        known = dict(
            zip(remotes, id_map.to_central(context, remotes), strict=True)
        )
        body = []
        for rule in rules:
            one = {key: rule.get(key) for key in RULE.names}
            one['remote_group_id'] = known.get(
                rule['remote_group_id'], rule['remote_group_id']
            )
            prefix = one['remote_ip_prefix']
            one['remote_ip_prefix'] = None if prefix is None else str(prefix)
            one['description'] = one['description'] or ''
            if one['remote_address_group_id'] is None:
                del one['remote_address_group_id']
            body.append(one)
        return sorted(body, key=lambda one: str(one['id']))

    def check(self, context: Any, resource_id: str) -> None:
        """Refuse a group of the region's own."""
        with db_api.CONTEXT_READER.using(context):
            exists = group_objects.SecurityGroup.objects_exist(
                context, id=resource_id
            )
        if exists:
            raise refusals.ReplicaConflict(
                type=types.SECURITY_GROUP, id=resource_id
            )

    def prepare(self, context: Any, body: dict[str, Any]) -> None:
        """Make the group itself, so that rules may refer to it."""
        wanted = body['security_group']
        with leases.leased(types.SECURITY_GROUP, wanted['id']) as lease:
            if lease.row is None:
                try:
                    self.check(context, wanted['id'])
                except refusals.ReplicaConflict:
                    lease.forget()
                    raise
            elif lease.row.state == State.DELETED:
                return
            elif self._find_central(context, wanted['id']) is not None:
                return
            lease.begin(**self.row(body))
            try:
                self._ensure(context, wanted, lease)
            except Exception:
                if self._find_central(context, wanted['id']) is None:
                    lease.forget()
                raise

    def row(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return whose it is, and whether it is the project's default."""
        wanted = body['security_group']
        return {
            'project_id': wanted['project_id'],
            'detail': {'default': bool(wanted['default'])},
        }

    def _find_central(
        self, context: Any, group_id: str
    ) -> dict[str, Any] | None:
        """Return the group that one of central is here."""
        return self._find(context, id_map.to_local(context, [group_id])[0])

    def _ensure(
        self, context: Any, wanted: dict[str, Any], lease: leases.Lease
    ) -> dict[str, Any]:
        """Return the group as it is here, made if need be."""
        plugin = directory.get_plugin()
        found = self._find_central(context, wanted['id'])
        if found is not None:
            return found
        group = {
            'security_group': {
                'id': wanted['id'],
                'name': wanted['name'],
                'description': wanted['description'],
                'stateful': wanted['stateful'],
                'project_id': wanted['project_id'],
                'tenant_id': wanted['project_id'],
            }
        }
        # A second default group is not made: the first is returned.
        made = plugin.create_security_group(
            context, group, default_sg=bool(wanted['default'])
        )
        local_id = str(made['id'])
        if local_id != wanted['id']:
            lease.note(local_id=local_id)
        # The first default group may have been there.
        return self._find(context, local_id) or dict(made)

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the group, its rules, tags and RBAC entries."""
        wanted = body['security_group']
        found = self._ensure(context, wanted, doing.lease)
        local_id = str(found['id'])
        here = {rule['id']: rule for rule in self._rules(context, found)}
        ids = {rule['id'] for rule in found['security_group_rules']}
        without_place = _without_place(body['rules'])
        by_id = {
            rule['id']: rule
            for rule in body['rules']
            if rule not in without_place
        }
        for old, new in list(renaming.pairs(here, by_id)):
            with doing.part(f'rule {new}'):
                renaming.double(
                    context, found['security_group_rules'], old, new
                )
                here[new] = by_id[new]
        for rule_id, rule in here.items():
            if by_id.get(rule_id) != rule:
                with doing.part(f'removed rule {rule_id}'):
                    companions.remove_of(context, rule_id, ids)
                    directory.get_plugin().delete_security_group_rule(
                        context, rule_id
                    )
        _RBAC.withdraw(context, local_id, body, doing)
        with doing.part('attributes'):
            self._change(context, local_id, found, wanted)
        self._add_rules(
            context,
            local_id,
            wanted,
            [one for key, one in by_id.items() if here.get(key) != one],
            doing,
        )
        with doing.part('rules for members elsewhere'):
            remotes = sorted(
                {
                    one['remote_group_id']
                    for one in by_id.values()
                    if one['remote_group_id']
                }
            )
            locals_ = id_map.to_local(context, remotes)
            companions.follow(
                context, local_id, dict(zip(locals_, remotes, strict=True))
            )
        _RBAC.grant(context, local_id, body, doing)
        with doing.part('tags'):
            attributes.set_tags(
                context, 'security_groups', found, {**wanted, 'id': local_id}
            )

    @staticmethod
    def _change(
        context: Any,
        local_id: str,
        found: dict[str, Any],
        wanted: dict[str, Any],
    ) -> None:
        changed = attributes.changes(found, wanted, GROUP.mutable)
        if wanted['default']:
            changed.pop('name', None)
        if changed:
            directory.get_plugin().update_security_group(
                context, local_id, {'security_group': changed}
            )

    @staticmethod
    def _add_rules(
        context: Any,
        local_id: str,
        group: dict[str, Any],
        new: list[dict[str, Any]],
        doing: parts.Parts,
    ) -> None:
        remotes = sorted(
            {one['remote_group_id'] for one in new if one['remote_group_id']}
        )
        local = dict(
            zip(remotes, id_map.to_local(context, remotes), strict=True)
        )
        wanted = [
            {
                'security_group_rule': {
                    **rule,
                    'remote_group_id': rule['remote_group_id']
                    and local[rule['remote_group_id']],
                    'remote_address_group_id': rule.get(
                        'remote_address_group_id'
                    ),
                    'security_group_id': local_id,
                    'project_id': group['project_id'],
                    'tenant_id': group['project_id'],
                }
            }
            for rule in new
        ]
        for start in range(0, len(wanted), _RULES_AT_ONCE):
            some = wanted[start : start + _RULES_AT_ONCE]
            doing.lease.renew()
            if len(some) > 1 and _added_at_once(context, some):
                continue
            for one in some:
                with doing.part(f'rule {one["security_group_rule"]["id"]}'):
                    directory.get_plugin().create_security_group_rule(
                        context, one
                    )

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the group; one that was the region's own stays."""
        with db_api.CONTEXT_READER.using(context):
            row = ledger.get(
                context.session, types.SECURITY_GROUP, resource_id
            )
            is_mapped = row is not None and row.local_id is not None
        if is_mapped or self._find(context, resource_id) is None:
            return
        try:
            directory.get_plugin().delete_security_group(context, resource_id)
        except exceptions.NotFound:
            return
        except exceptions.InUse as exc:
            raise refusals.ReplicaInUse(
                type=types.SECURITY_GROUP, id=resource_id, reason=exc
            ) from exc
