# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region runs, for operators to see."""

from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases
from tricircle.xjob.region import question


class RegionRelease(question.Question[releases.Release]):
    """What one region runs. It is asked anew when it may be upgraded."""

    what = 'The release'
    unreadable = releases.InvalidRelease

    def _again(self) -> float:
        return durations.RELEASE_AGAIN

    def _ask(self) -> releases.Release:
        return releases.read(self._client.release())

    @sessions.retry
    def _note(self, region_name: str, found: releases.Release | str) -> None:
        with sessions.writer() as session:
            if isinstance(found, str):
                noted.note_silence(session, region_name, found)
            else:
                noted.note_region(session, region_name, found)
