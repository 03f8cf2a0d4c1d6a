# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where resources are, asked of the table first, then of all regions.

The table is a cache: what is missing in it is asked of all regions.
"""

from collections.abc import Collection, Iterable, Mapping
import datetime
import threading
from typing import Any, Final
from urllib import parse

import cachetools
from oslo_db import exception as db_exc

from tricircle.api import faults
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central.gateway import homes as db_homes
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.api import service as services
from tricircle.gateway.home import noted

#: Of the newest of a project's resources in a region, as many as are compared
#: with what that says.
_LOOKED_AT: Final = 1000
#: Of how many resources a process remembers the region, some 2 MiB.
_REMEMBERED: Final = 10_000
#: What is younger may have been made while a list was read.
_SETTLED: Final = datetime.timedelta(minutes=10)


class Homes:
    """The regions of resources.

    What is known is remembered here as well, for those that are asked for
    most: a resource does not leave its region, and where it was deleted the
    region says so.

    :param timeout: seconds to wait for regions that are asked
    """

    def __init__(
        self,
        service: services.Service,
        found: regions.Regions,
        timeout: float,
    ) -> None:
        self._service = service
        self._regions = found
        self._timeout = timeout
        self._lock = threading.Lock()
        self._remembered: cachetools.LRUCache[tuple[str, str], str] = (
            cachetools.LRUCache(_REMEMBERED)
        )

    def find(
        self, resource: str, resource_id: str, asked: asking.Asked
    ) -> str:
        """Return the region of a resource.

        :raises tricircle.api.faults.Fault: no region has it, for the one who
            asks; or one that might does not answer
        """
        known = self._noted(resource, resource_id)
        if known is not None and known in self._regions.names():
            return known
        kind = self._service.kinds[resource]
        answers, away = self._regions.ask_all(
            exchange.Question(
                'GET',
                f'{kind.path}/{parse.quote(resource_id, safe="")}',
                headers=self._headers(asked),
            ),
            self._timeout,
        )
        for region in sorted(answers):
            if answers[region].is_fine:
                self.note(
                    resource,
                    region,
                    [answers[region].json[kind.key]],
                    asked.project_id,
                )
                return region
        if away:
            raise faults.Fault(
                503,
                f'{away[min(away)]}. No other region has {resource_id}: try '
                'again when it is back.',
            )
        raise faults.Fault(404, kind.nothing.format(resource_id))

    def _headers(self, asked: asking.Asked) -> Mapping[str, str]:
        """Return the headers of a request, as far as they are for it.

        A version that was asked of another service is none of this one.
        """
        said = asked.headers.get(asking.VERSION, '')
        if said.partition(' ')[0] == self._service.word:
            return asked.headers
        return {
            name: value
            for name, value in asked.headers.items()
            if name != asking.VERSION
        }

    def _noted(self, resource: str, resource_id: str) -> str | None:
        key = (resource, resource_id)
        with self._lock:
            found = self._remembered.get(key)
        if found is not None:
            return found
        try:
            with sessions.reader() as session:
                found = db_homes.region_of(session, resource, resource_id)
        except db_exc.DBError as exc:
            noted.missed('Where resources are is not read', exc)
            return None
        if found is not None:
            self._remember(resource, resource_id, found)
        return found

    def _remember(self, resource: str, resource_id: str, region: str) -> None:
        with self._lock:
            self._remembered[(resource, resource_id)] = region

    def note(
        self,
        resource: str,
        region_name: str,
        items: Iterable[Mapping[str, Any]],
        project_id: str,
    ) -> None:
        """Note what a region said that it has."""
        with self._lock:
            new = [
                item
                for item in items
                if self._remembered.get((resource, str(item['id'])))
                != region_name
            ]
        if not new:
            return
        try:
            with sessions.writer() as session:
                db_homes.note(
                    session,
                    [
                        noted.home_of(
                            session, resource, region_name, item, project_id
                        )
                        for item in new
                    ],
                )
        except db_exc.DBError as exc:
            noted.missed('Where resources are is not noted', exc)
            return
        for item in new:
            self._remember(resource, str(item['id']), region_name)

    def forget(self, resource: str, resource_id: str) -> None:
        """Forget a resource that is gone."""
        with self._lock:
            self._remembered.pop((resource, resource_id), None)
        try:
            with sessions.writer() as session:
                db_homes.forget(session, resource, [resource_id])
        except db_exc.DBError as exc:
            noted.missed('That resources are gone is not noted', exc)

    def bound(self, resource: str, project_id: str) -> list[str]:
        """Return the regions where a project has something, newest first."""
        with sessions.reader() as session:
            newest = db_homes.newest(session, resource, project_id)
        return list(dict.fromkeys(home.region_name for home in newest))

    def there(
        self, resource: str, region_name: str, project_id: str, most: int
    ) -> list[db_homes.Home]:
        """Return what a project has in a region, the newest first."""
        try:
            with sessions.reader() as session:
                return db_homes.newest(
                    session, resource, project_id, region_name, most
                )
        except db_exc.DBError as exc:
            noted.missed('What is in a region is not read', exc)
            return []

    def are_all(
        self,
        resource: str,
        region_name: str,
        ids: Collection[str],
        project_id: str,
    ) -> None:
        """Note that a project has nothing in a region but what was told.

        What is newer than the question may be may have come after it.
        """
        known = self.there(resource, region_name, project_id, _LOOKED_AT)
        gone = [home for home in known if home.resource_id not in ids]
        if not gone:
            return
        with self._lock:
            for home in gone:
                self._remembered.pop((resource, home.resource_id), None)
        try:
            with sessions.writer() as session:
                before = clock.now(session) - _SETTLED
                db_homes.forget(
                    session,
                    resource,
                    [
                        home.resource_id
                        for home in gone
                        if home.created_at < before
                    ],
                )
        except db_exc.DBError as exc:
            noted.missed('That resources are gone is not noted', exc)
