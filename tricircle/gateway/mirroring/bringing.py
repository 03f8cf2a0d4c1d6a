# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region is looked at, and given what it lacks.

What is here may be done again, by whoever finds that it was left off: each
step begins by looking at what is there.
"""

from collections.abc import Callable
import dataclasses

from tricircle.db.central.gateway import mirrors
from tricircle.gateway.mirroring import kinds


@dataclasses.dataclass(frozen=True)
class Step:
    """What is to be in one region.

    :ivar copy: what is ours there; None of nothing
    :ivar note: writes down what is ours there, before it is made
    :ivar makes: whether what is missing is made; else only what is there and
        the same becomes ours
    """

    kind: kinds.Kind
    mirror: mirrors.Mirror
    region: kinds.Region
    copy: mirrors.Copy | None
    note: Callable[[mirrors.Copy], None]
    makes: bool = True

    def _named(self, own_id: str = '') -> str:
        found = f'{self.kind.called} {self.mirror.name}'
        return f'{found} ({own_id})' if own_id else found

    def bring(self) -> None:
        """Have the region have it.

        :raises tricircle.gateway.mirroring.kinds.NotSo: it cannot
        :raises tricircle.gateway.regions.RegionAway: it does not answer
        """
        copy, wanted = self.copy, self.mirror.document
        if copy is not None and copy.incarnation < self.mirror.incarnation:
            # That was deleted, and another one was made.
            self.take_away()
            copy = None
        own_id = self._own_id(copy)
        there = self._read(own_id)
        if there is None:
            if not self.makes:
                return
            self._note('')
            own_id = self.kind.make(self.region, wanted)
            self._note(own_id)
            there = self._read(own_id)
        elif copy is None and there != wanted:
            raise self._conflict(own_id, kinds.differing(there, wanted))
        elif copy is None or copy.own_id != own_id:
            self._note(own_id)
        if there is None:
            raise kinds.NotSo(
                f'{self.region.name} made {self._named()}, and has none'
            )
        self._change(own_id, there)

    def _change(self, own_id: str, there: kinds.Document) -> None:
        wanted = self.mirror.document
        differing = kinds.differing(there, wanted)
        fixed = [one for one in differing if one in self.kind.fixed]
        if fixed:
            raise self._conflict(own_id, fixed)
        if not differing:
            return
        self.kind.change(self.region, own_id, there, wanted)
        now = self._read(own_id) or {}
        left = kinds.differing(now, wanted)
        if left:
            raise kinds.NotSo(
                f'{self._named(own_id)} in {self.region.name} was changed, '
                f'and still differs in {", ".join(left)}'
            )

    def take_away(self) -> None:
        """Have the region not have it, if what it has is ours.

        :raises tricircle.gateway.mirroring.kinds.NotSo: it cannot
        :raises tricircle.gateway.regions.RegionAway: it does not answer
        """
        copy = self.copy
        if copy is None:
            return
        own_id = self._own_id(copy)
        there = self._read(own_id)
        if there is None:
            return
        document = self.mirror.document
        if copy.incarnation == self.mirror.incarnation and any(
            there.get(name) != document.get(name) for name in self.kind.fixed
        ):
            raise self._conflict(own_id, kinds.differing(there, document))
        self.kind.remove(self.region, own_id, self.mirror.owner)

    def _own_id(self, copy: mirrors.Copy | None) -> str:
        known = copy.own_id if copy is not None else ''
        return known or self.kind.find(self.region, self.mirror.document) or ''

    def _read(self, own_id: str) -> kinds.Document | None:
        if not own_id:
            return None
        return self.kind.read(self.region, own_id, self.mirror.owner)

    def _note(self, own_id: str) -> None:
        self.note(mirrors.Copy(own_id, self.mirror.incarnation))

    def _conflict(self, own_id: str, differing: list[str]) -> kinds.Conflict:
        return kinds.Conflict(
            f'{self.region.name} has another {self._named(own_id)}, which '
            f'differs in {", ".join(differing)}: it is left alone. Delete or '
            'change it there'
        )
