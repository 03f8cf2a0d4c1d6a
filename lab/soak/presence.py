# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What must be where after some steps of a life, and what may not."""

from collections.abc import Iterable, Mapping
import dataclasses

from lab.soak import steps

#: What has an ID in central, the same in every region that has it.
KINDS = (
    steps.NETWORK,
    steps.SUBNET,
    steps.PORT,
    steps.ROUTER,
    steps.FLOATING_IP,
    steps.GROUP,
)
#: What has to be in a region for something else there.
_ACCOMPANY = (steps.NETWORK, steps.SUBNET, steps.PORT, steps.GROUP)


@dataclasses.dataclass
class Thing:
    """Something that a life has made.

    :ivar id: '' where there is none, as of a rule
    :ivar on: names of what it refers to
    :ivar place: where it was made
    :ivar regions: those where it must be, besides central
    :ivar scope: the only ones where it may be; None for any
    :ivar known_as: its name, where a step gave it one; checked wherever it
        must be
    :ivar rules: protocols that a group lets in
    """

    kind: str
    name: str
    id: str = ''
    on: tuple[str, ...] = ()
    place: str = steps.CENTRAL
    regions: set[str] = dataclasses.field(default_factory=set)
    scope: frozenset[str] | None = None
    known_as: str = ''
    rules: set[str] = dataclasses.field(default_factory=set)
    tags: set[str] = dataclasses.field(default_factory=set)
    deleted: bool = False


def own_port(server: str) -> str:
    """Return what a port is called that Nova made for a server."""
    return f'{server}-port'


class World:
    """What a life has made so far, by name; deleted things stay known."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}

    def __getitem__(self, name: str) -> Thing:
        return self.things[name]

    def taken(self, step: steps.Step, identifier: str = '') -> None:
        """Note that a step was answered as it should.

        :param identifier: of what it made
        """
        match step.action:
            case steps.CREATE:
                self._made(step, identifier)
            case steps.DELETE if step.kind == steps.RULE:
                rule = self.things[step.name]
                self.things[step.on[0]].rules -= rule.rules
                rule.deleted = True
            case steps.DELETE:
                self._gone(step.name)
            case steps.RENAME:
                self.things[step.name].known_as = step.value
            case steps.TAG:
                self.things[step.name].tags.add(step.value)

    def _made(self, step: steps.Step, identifier: str) -> None:
        one = Thing(step.kind, step.name, identifier, step.on, step.place)
        self.things[step.name] = one
        if step.kind == steps.NETWORK and step.value:
            one.scope = frozenset(step.value.split(','))
        if step.kind == steps.RULE:
            one.rules = {step.value}
            self.things[step.on[0]].rules.add(step.value)
        if step.place == steps.CENTRAL:
            return
        one.regions.add(step.place)
        self._accompany()

    def _gone(self, name: str) -> None:
        one = self.things[name]
        one.deleted = True
        if one.kind == steps.NETWORK:
            for other in self.things.values():
                if other.kind == steps.SUBNET and other.on == (name,):
                    other.deleted = True
        if one.kind == steps.SERVER and own_port(name) in self.things:
            self.things[own_port(name)].deleted = True
        self._accompany()

    def _accompany(self) -> None:
        """Note where things must be, because others there refer to them.

        What nothing in a region refers to any more may leave it, or stay.
        """
        users = [
            one
            for one in self.things.values()
            if one.kind in (steps.PORT, steps.SERVER) and not one.deleted
        ]
        # Where networks and groups must be depends on where ports are.
        ports_first = sorted(
            self.things.values(), key=lambda one: one.kind != steps.PORT
        )
        for one in ports_first:
            if one.kind not in _ACCOMPANY:
                continue
            named = one.on[0] if one.kind == steps.SUBNET else one.name
            there = {
                region
                for user in users
                if named in user.on
                for region in user.regions
            }
            # One that was made through a region stays there without a
            # server; one of central's goes when nothing uses it any more.
            made = {one.place} - {steps.CENTRAL}
            one.regions = there | (made if one.kind == steps.PORT else set())

    def ids(self, kind: str) -> dict[str, str]:
        """Return the IDs of all things of a kind, deleted too, by name."""
        return {
            one.name: one.id
            for one in self.things.values()
            if one.kind == kind and one.id
        }


@dataclasses.dataclass(frozen=True)
class Seen:
    """Something as an API shows it.

    :ivar rules: protocols that a group lets in from everywhere
    """

    name: str = ''
    rules: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


#: By place, kind and ID.
View = Mapping[str, Mapping[str, Mapping[str, Seen]]]


def differences(
    things: Iterable[Thing], view: View, names: Mapping[str, str]
) -> list[str]:
    """Return what is not as it must be.

    :param view: what the APIs show, central's too; a place that is not in it
        was not asked
    :param names: what the things are called, by their names in the life
    """
    found = []
    for one in things:
        if one.kind not in KINDS or not one.id:
            continue
        for place, kinds in view.items():
            seen = kinds.get(one.kind, {}).get(one.id)
            told = f'{place}: {one.kind} {one.name} {one.id}'
            if one.deleted:
                if seen is not None:
                    found.append(f'{told} is there, though it was deleted')
            elif seen is None:
                if place == steps.CENTRAL or place in one.regions:
                    found.append(f'{told} is missing')
            elif place != steps.CENTRAL and (
                one.scope is not None and place not in one.scope
            ):
                found.append(f'{told} is outside of its scope')
            elif place == steps.CENTRAL or place in one.regions:
                found += _wrong(one, seen, told, names)
    return found


def _wrong(
    one: Thing, seen: Seen, told: str, names: Mapping[str, str]
) -> list[str]:
    found = []
    if one.known_as and seen.name != names[one.name]:
        found.append(f'{told} is named {seen.name!r}, not {names[one.name]!r}')
    if one.kind == steps.GROUP and seen.rules != one.rules:
        found.append(
            f'{told} lets in {sorted(seen.rules)}, not {sorted(one.rules)}'
        )
    if one.kind == steps.GROUP and seen.tags != one.tags:
        found.append(
            f'{told} has the tags {sorted(seen.tags)}, not {sorted(one.tags)}'
        )
    return found
