# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What users have left behind that have come and gone.

Pure, as :mod:`tests.functional.stateful.checks.resources`.
"""

from collections.abc import Callable, Iterable

from tests.functional.stateful import model as models
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Snapshot
from tricircle.local.engine.group import members


def left(
    before: Iterable[tuple[str, str, str]],
    after: Snapshot,
    ignored: Callable[[str, str, str], bool],
) -> list[Finding]:
    """Return what is there now, and was not before users came and went."""
    known = set(before)
    return [
        Finding(f'{kind} is left', f'{where} {key}')
        for where, kind, key in after.everything()
        if (where, kind, key) not in known and not ignored(where, kind, key)
    ]


def of_defaults(snapshot: Snapshot) -> Callable[[str, str, str], bool]:
    """Return what tells that something is of a project's default group.

    Neutron makes one for each project that it meets, and keeps it. A region
    that has heard of members elsewhere keeps their address group with it.
    """
    ids: set[str] = set()
    for side in snapshot.sides():
        for id_, group in side.of(models.GROUP).items():
            if group['name'] == 'default':
                ids |= {id_, members.address_group_id(id_)}
        ids.update(
            id_
            for id_, rule in side.of(models.RULE).items()
            if rule['security_group_id'] in ids
        )

    def of_default(_where: str, _kind: str, key: str) -> bool:
        return any(id_ in key for id_ in ids)

    return of_default
