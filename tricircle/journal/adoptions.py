# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks that become central's, as the journal has them.

Whoever takes a step says what the next one is, and has it done: by XJob what
is asked of the region, by central's own processes what is made there.
"""

import dataclasses
import json
from typing import Any, Final

from sqlalchemy import orm

from tricircle.db.central.models.adoptions import Adoption
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.db.central.pod import adoptions
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import types

#: What central's own processes do.
_OF_CENTRAL: Final = (AdoptionState.CHECKING, AdoptionState.MAKING)


@dataclasses.dataclass(frozen=True)
class Next:
    """The next step of an adoption.

    :ivar word: what the region said that it has, None when it did not yet
    :ivar changes: how often it was asked anew because that had changed
    :ivar reason: why it is refused, if it is
    """

    network_id: str
    region_name: str
    state: AdoptionState
    word: dict[str, Any] | None
    changes: int
    reason: str | None


def read(session: orm.Session, network_id: str) -> Next | None:
    """Return the next step, None when nobody asked for it or it is over."""
    row = session.get(Adoption, network_id, populate_existing=True)
    if row is None or row.state in adoptions.OVER:
        return None
    return Next(
        row.network_id,
        row.region_name,
        AdoptionState(row.state),
        json.loads(row.word) if row.word else None,
        row.changes,
        row.reason,
    )


def step(
    session: orm.Session,
    taken: Next,
    state: AdoptionState,
    **values: Any,
) -> bool:
    """Note that a step was taken, and have the next one taken.

    :param state: the next step
    :param values: other columns to set
    :returns: False when somebody else was quicker; then nothing is changed
    """
    if state in adoptions.OVER:
        values['word'] = None
    if not adoptions.change(
        session, taken.network_id, taken.state, state, **values
    ):
        return False
    if state not in adoptions.OVER:
        is_central = state in _OF_CENTRAL
        intent.record(
            session,
            [
                intent.Intent(
                    types.ADOPTION_ROWS if is_central else types.ADOPTION,
                    taken.network_id,
                    router_intents.region_name()
                    if is_central
                    else taken.region_name,
                )
            ],
        )
    return True
