# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central does of an adoption: look if it can have a network, make it.

XJob asks the region, before and after. What a region has is refused before
the region is asked to make it central's; if central can have it no more when
the region has done so, the region is asked to take it back.
"""

from typing import NoReturn

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from sqlalchemy import orm

from tricircle.central.adoption import rows
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.journal import adoptions
from tricircle.plan.adoption import networks as adoption

#: What is no error, but central's answer.
_REFUSALS = (
    n_exc.BadRequest,
    n_exc.Conflict,
    n_exc.InUse,
    n_exc.NotAuthorized,
    n_exc.NotFound,
)


class _Possible(Exception):
    """All of it could be made, and nothing was."""


class _Overtaken(Exception):
    """Somebody else has taken the step."""


def carry_out(network_id: str) -> bool:
    """Take the next step, if it is central's; safe to repeat.

    Not to be called in a transaction.

    :returns: True, as nothing is left to be done here
    """
    step = _read(network_id)
    if step is not None and step.word is not None:
        if step.state is AdoptionState.CHECKING:
            _check(step, adoption.read(step.word))
        elif step.state is AdoptionState.MAKING:
            _make(step, adoption.read(step.word))
    fault_point.reach('central.adoption.step')
    return True


@retries.bounded
def _read(network_id: str) -> adoptions.Next | None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        return adoptions.read(context.session, network_id)


def _check(step: adoptions.Next, found: adoption.Network) -> None:
    try:
        rows.make(step.region_name, found, _nothing)
    except _Possible:
        _go_on(step, AdoptionState.TAKING_OVER)
    except _REFUSALS as exc:
        _go_on(step, AdoptionState.REFUSED, reason=str(exc))


def _nothing(session: orm.Session) -> NoReturn:
    raise _Possible


def _make(step: adoptions.Next, found: adoption.Network) -> None:
    def made(session: orm.Session) -> None:
        if not adoptions.step(session, step, AdoptionState.REPORTING):
            raise _Overtaken

    try:
        rows.make(step.region_name, found, made)
    except _Overtaken:
        return
    except _REFUSALS as exc:
        _go_on(step, AdoptionState.GIVING_BACK, reason=str(exc))


@retries.bounded
def _go_on(
    step: adoptions.Next, state: AdoptionState, reason: str | None = None
) -> None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        adoptions.step(context.session, step, state, reason=reason)
