# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Have what a comparison found put right: an intent for each."""

from tricircle.db import session as sessions
from tricircle.db.central.pod import adoptions
from tricircle.drift import adoption
from tricircle.drift import comparing
from tricircle.drift import forgotten
from tricircle.journal import intent
from tricircle.journal import sweep as journal_sweep
from tricircle.replica import types


@sessions.retry
def record(region_name: str, window: comparing.Window) -> set[str]:
    """Record intents for what a region has otherwise; return whose, by ID.

    Nothing is taken away here, nor decided to be: the job reads what central
    has when it is carried out.
    """
    # What arrived is for the region to say, in the answer to its job.
    ids = (set(window.found) - set(window.unknown)) | set(window.arrived)
    if not ids and not window.unknown:
        return set()
    with sessions.writer() as session:
        if ids:
            intent.record(
                session,
                [
                    journal_sweep.repair(
                        window.resource_type, one, region_name
                    )
                    for one in sorted(ids)
                ],
            )
        # What central is yet to make of what the region has given it is no
        # surprise there.
        if not window.unknown or adoptions.is_taken_over(session, region_name):
            return ids
        adoption.adopt(
            session, region_name, window.resource_type, window.unknown
        )
        if window.resource_type == types.PORT:
            forgotten.hold(
                session,
                region_name,
                (window.bodies.get(one, {}) for one in window.unknown),
            )
    return ids | set(window.unknown)
