# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tags that somebody gives in the region to what belongs to central.

A port's are central's first, as its name is. All else of central's is tagged
in central, where it is changed. Neutron's tag plugin asks nobody: each of its
changes goes through here.
"""

from collections.abc import Callable, Mapping
import dataclasses
import functools
from typing import Any, Final

from neutron.services.tag import tag_plugin
from neutron_lib.plugins import directory

from tricircle.local.asking import for_caller
from tricircle.local.asking import request
from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.replica import kinds
from tricircle.replica import types

#: Methods that change tags: the HTTP method of each, and what it takes.
CHANGES: Final = {
    'create_tags': ('POST', 'body'),
    'update_tags': ('PUT', 'body'),
    'update_tag': ('PUT', 'tag'),
    'delete_tags': ('DELETE', ''),
    'delete_tag': ('DELETE', 'tag'),
}
#: Resources that come in the documents of others have types of their own in
#: the ledger.
_LEDGER_TYPES: Final = {
    'subnets': (ledger.SUBNET,),
    'floatingips': (ledger.FLOATING_IP,),
    'ports': held_ports.OF_CENTRAL,
}


@dataclasses.dataclass(frozen=True)
class Tagged:
    """What Neutron tags.

    :ivar types: those in the ledger of what belongs to central
    :ivar noun: what a message calls one
    """

    types: tuple[str, ...]
    noun: str


#: By collection, as Neutron's tag plugin calls it.
TAGGED: Final[Mapping[str, Tagged]] = {
    table.collection: Tagged(
        _LEDGER_TYPES.get(table.collection, (kind.type,)),
        table.resource.replace('_', ' ').capitalize(),
    )
    for kind in kinds.KINDS
    for table in kind.tables
}


class TagChanges(for_caller.ForCaller):
    """Settles with central what a request changes of tags."""

    def settle(
        self,
        context: Any,
        change: str,
        collection: str,
        resource_id: str,
        *what: Any,
    ) -> None:
        """Have central agree to a change of tags, when they are central's.

        :param change: one of :data:`CHANGES`
        :param collection: as Neutron's tag plugin calls it
        :param what: the body or the tag, if there is one
        :raises BelongsToCentral: where tags are changed in central only
        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        tagged = TAGGED.get(collection)
        if tagged is None or actor.is_applying():
            return
        if (
            types.PORT in tagged.types
            and request.may_ask_central(context)
            and ownership.is_central(types.PORT, resource_id)
        ):
            method, key = CHANGES[change]
            self._ask(
                self._client.change_tags,
                method,
                resource_id,
                **{key: what[0]} if key else {},
            )
            return
        for ledger_type in tagged.types:
            ownership.refuse(ledger_type, [resource_id], tagged.noun, 'tag it')


def _settled(change: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def settled(
        plugin: Any,
        context: Any,
        collection: str,
        resource_id: str,
        *what: Any,
    ) -> Any:
        changes = getattr(directory.get_plugin(), 'tag_changes', None)
        if changes is not None:
            changes.settle(context, change, collection, resource_id, *what)
        return method(plugin, context, collection, resource_id, *what)

    settled.__dict__['asks_central'] = True
    return settled


def watch() -> None:
    """Have Neutron's tag plugin ask first; safe to repeat."""
    for change in CHANGES:
        method = getattr(tag_plugin.TagPlugin, change)
        if not getattr(method, 'asks_central', False):
            setattr(tag_plugin.TagPlugin, change, _settled(change, method))
