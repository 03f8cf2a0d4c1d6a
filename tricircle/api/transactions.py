# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the Admin API does with the database, and how that may fail."""

from collections.abc import Callable
from typing import Any

from oslo_db import exception as db_exc

from tricircle.api import faults
from tricircle.db import session as sessions
from tricircle.db.central import refusals


def run(
    function: Any,
    shown: Callable[[Any], dict[str, Any]],
    *args: Any,
    writes: bool = True,
) -> dict[str, Any]:
    """Run something in a transaction, and return it as the API shows it.

    :param function: called with a session first
    :param shown: makes the answer of what it returns, if that is not None
    :raises tricircle.api.faults.Fault: what is refused
    """
    begin = sessions.writer if writes else sessions.reader

    @sessions.retry
    def call() -> dict[str, Any]:
        with begin() as session:
            made = function(session, *args)
            return {} if made is None else shown(made)

    try:
        answer: dict[str, Any] = call()
    except refusals.NotFound as exc:
        raise faults.Fault(404, str(exc)) from exc
    except refusals.Invalid as exc:
        raise faults.Fault(400, str(exc)) from exc
    except refusals.Conflict as exc:
        raise faults.Fault(409, str(exc)) from exc
    except db_exc.DBDataError as exc:
        raise faults.Fault(
            400, 'A text holds characters that the database cannot keep'
        ) from exc
    return answer
