# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""How the tunnels of a region are, for operators to see."""

from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central.pod import data_paths
from tricircle.replica import data_path
from tricircle.xjob.region import question


class RegionDataPath(question.Question[data_path.Summary]):
    """How the tunnels of one region are.

    What it said before is soon told no more, see
    :mod:`tricircle.db.central.pod.data_paths`. One XJob asks for all.
    """

    what = 'The data path'
    unreadable = data_path.InvalidSummary

    def _again(self) -> float:
        return durations.DATA_PATH_AGAIN

    @sessions.retry
    def _is_fresh(self, region_name: str) -> bool:
        with sessions.reader() as session:
            return data_paths.is_fresh(session, region_name, self._again() / 2)

    def _ask(self) -> data_path.Summary:
        return data_path.read(self._client.data_path())

    @sessions.retry
    def _note(self, region_name: str, found: data_path.Summary | str) -> None:
        with sessions.writer() as session:
            data_paths.note(session, region_name, found)
