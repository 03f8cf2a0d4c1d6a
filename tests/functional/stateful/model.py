# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What answers have promised: what is there, with which values, and what not.

Pure: nothing here calls anybody. An answer of 2xx is a promise, one of 4xx
says that nothing was done; a call without an answer leaves it open, until
central has been looked at when things are quiet.
"""

from collections.abc import Iterable, Sequence
import copy
import dataclasses
import enum
from typing import Any

#: None of a port that no region needs to have.
Value = Any

NETWORK = 'network'
SUBNET = 'subnet'
PORT = 'port'
ROUTER = 'router'
INTERFACE = 'interface'
GROUP = 'security_group'
RULE = 'security_group_rule'
FLOATING_IP = 'floatingip'
ADDRESS_GROUP = 'address_group'
QOS_POLICY = 'qos/policy'
TRUNK = 'trunk'
FORWARDING = 'port_forwarding'
SHARE = 'rbac_policy'
POOL = 'subnetpool'
SCOPE = 'address_scope'

#: Name of the field with the region that has a port.
REGION = 'region'
#: Name of the field with the network that a router's gateway is on.
GATEWAY = 'gateway'
PORT_ID = 'port_id'
EXTERNAL_PORT = 'external_port'
ACCESS_AS_SHARED = 'access_as_shared'
POLICY = 'qos_policy_id'
DNS_NAME = 'dns_name'
#: Of a policy: kilobits per second, None without a rule.
LIMIT = 'limit'
_HOLDS = 'holds '
_CARRIES = 'carries '


def holds(address: str) -> str:
    """Return the field that says whether an address group has an address."""
    return _HOLDS + address


def held_address(field: str) -> str | None:
    """Return the address that such a field is about."""
    return field.removeprefix(_HOLDS) if field.startswith(_HOLDS) else None


def carries(port_id: str) -> str:
    """Return the field with the VLAN ID by which a trunk carries a port."""
    return _CARRIES + port_id


def carried_port(field: str) -> str | None:
    """Return the port that such a field is about."""
    if field.startswith(_CARRIES):
        return field.removeprefix(_CARRIES)
    return None


class Outcome(enum.Enum):
    """What an answer said of what was asked for."""

    DONE = 'done'
    REFUSED = 'refused'
    UNKNOWN = 'unknown'


class Known(enum.Enum):
    """What is known of a thing."""

    THERE = 'there'
    UNKNOWN = 'unknown'
    GONE = 'gone'


@dataclasses.dataclass
class Thing:
    """Something that a user has, or had.

    :ivar fields: the values that each may have; several after changes that
        were made at once or whose answers were lost
    :ivar parent: ID of what takes it along when it is deleted
    :ivar network: ID of the network of a port or subnet
    """

    kind: str
    id: str
    project: str
    fields: dict[str, frozenset[Value]]
    parent: str | None = None
    network: str | None = None
    known: Known = Known.THERE

    def value(self, field: str) -> Value:
        """Return one of the values that a field may have."""
        return min(self.fields.get(field, frozenset([None])), key=str)


@dataclasses.dataclass(frozen=True)
class Made:
    """An answer brought a new thing."""

    thing: Thing


@dataclasses.dataclass(frozen=True)
class Lost:
    """Something may have been made, and nobody said which ID it has."""

    kind: str
    project: str


@dataclasses.dataclass(frozen=True)
class Changed:
    """A field was to get a value."""

    id: str
    field: str
    value: Value
    outcome: Outcome


@dataclasses.dataclass(frozen=True)
class Removed:
    """A thing was to go."""

    id: str
    outcome: Outcome


@dataclasses.dataclass(frozen=True)
class Emptied:
    """A region was to give back what it has; ports of it may be in none."""

    region: str


@dataclasses.dataclass(frozen=True)
class Returned:
    """A region may have ports again that it had at an earlier time."""

    region: str
    ports: frozenset[str]


Effect = Made | Lost | Changed | Removed | Emptied | Returned


class Model:
    """All that answers have promised."""

    def __init__(self) -> None:
        #: by ID, in the order in which they were made
        self.things: dict[str, Thing] = {}
        #: how many calls to make something of a kind had no answer
        self.lost: dict[tuple[str, str], int] = {}

    def as_before(self, before: 'Model') -> 'Model':
        """Return what is promised when central is as it was at a time.

        What was deleted since is there again, or gone: a region to which the
        deletion was said says so again.

        :param before: the model at that time, which is left as it is
        """
        found = copy.deepcopy(before)
        for id_, thing in found.things.items():
            now = self.things.get(id_)
            if (
                thing.known is Known.THERE
                and now is not None
                and now.known is not Known.THERE
            ):
                thing.known = Known.UNKNOWN
        return found

    def there(self, kind: str, project: str | None = None) -> list[Thing]:
        """Return what is not known to be gone, the oldest first."""
        return [
            one
            for one in self.things.values()
            if one.kind == kind
            and one.known is not Known.GONE
            and project in (None, one.project)
        ]

    def gone(self) -> list[Thing]:
        """Return what is known to be gone."""
        return [one for one in self.things.values() if one.known is Known.GONE]

    def take(self, members: Sequence[Iterable[Effect]]) -> None:
        """Learn what steps did that were taken at once.

        :param members: of each step its effects, in their order; of a field
            that several have changed, each may have been the last one
        """
        effects = [one for member in members for one in member]
        for one in effects:
            if isinstance(one, Made):
                self.things[one.thing.id] = one.thing
            elif isinstance(one, Lost):
                key = one.kind, one.project
                self.lost[key] = self.lost.get(key, 0) + 1
        self._change([one for one in effects if isinstance(one, Changed)])
        self._forget_places(effects)
        for one in effects:
            if isinstance(one, Removed):
                self._remove(one.id, one.outcome)
            elif isinstance(one, Emptied):
                self._may_be_elsewhere(one.region, None, self.things)
            elif isinstance(one, Returned):
                self._may_be_elsewhere(None, one.region, one.ports)

    def _change(self, changes: Sequence[Changed]) -> None:
        by_field: dict[tuple[str, str], list[Changed]] = {}
        for change in changes:
            by_field.setdefault((change.id, change.field), []).append(change)
        for (id_, field), some in by_field.items():
            thing = self.things[id_]
            values = {
                one.value for one in some if one.outcome is not Outcome.REFUSED
            }
            if all(one.outcome is not Outcome.DONE for one in some):
                if field not in thing.fields:
                    # What it was, nobody has said.
                    continue
                values |= thing.fields[field]
            thing.fields[field] = frozenset(values)

    def _may_be_elsewhere(
        self, place: str | None, other: str | None, ids: Iterable[str]
    ) -> None:
        """Have things that may be in a place be in another one perhaps."""
        for id_ in ids:
            thing = self.things.get(id_)
            if thing is None or place not in thing.fields.get(REGION, ()):
                continue
            thing.fields[REGION] |= {other}

    def _forget_places(self, effects: Iterable[Effect]) -> None:
        """Forget where ports are that a trunk carries: it takes them along."""
        fields: list[str] = []
        for one in effects:
            if isinstance(one, Made):
                fields += one.thing.fields
            elif isinstance(one, Changed):
                fields.append(one.field)
        for field in fields:
            port = self.things.get(carried_port(field) or '')
            if port is not None:
                port.fields.pop(REGION, None)

    def _remove(self, id_: str, outcome: Outcome) -> None:
        thing = self.things[id_]
        if outcome is Outcome.DONE:
            thing.known = Known.GONE
        elif outcome is Outcome.UNKNOWN and thing.known is Known.THERE:
            thing.known = Known.UNKNOWN
        else:
            return
        for child in self.things.values():
            if child.parent == id_:
                self._remove(child.id, outcome)

    def drop_references(self) -> None:
        """Let floating IPs and trunks forget ports that are gone.

        As Neutron does; what forwarded to one is gone with it.
        """
        for thing in self.there(FORWARDING):
            ports = thing.fields.get(PORT_ID, frozenset())
            if ports and all(map(self._is_gone, ports)):
                thing.known = Known.GONE
        for thing in self.there(TRUNK):
            for field in list(thing.fields):
                if self._may_be_gone(carried_port(field) or ''):
                    del thing.fields[field]
        for thing in self.there(FLOATING_IP):
            values = thing.fields.get(PORT_ID, frozenset())
            gone = {one for one in values if one and self._may_be_gone(one)}
            if gone:
                there = frozenset(
                    one
                    for one in values - gone
                    if one is None or one in self.things
                )
                thing.fields[PORT_ID] = (
                    there
                    | {None}
                    | {
                        one
                        for one in gone
                        if self.things[one].known is Known.UNKNOWN
                    }
                )

    def _is_gone(self, id_: str) -> bool:
        thing = self.things.get(id_)
        return thing is not None and thing.known is Known.GONE

    def _may_be_gone(self, id_: str) -> bool:
        thing = self.things.get(id_)
        return thing is not None and thing.known is not Known.THERE
