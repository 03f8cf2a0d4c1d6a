# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where resources are, asked of the table first, then of all regions."""

from collections.abc import Iterable, Mapping
import datetime
from typing import Any, Final
from urllib import parse

from oslo_utils import timeutils

from tricircle.api import faults
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central import homes as db_homes
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway import service as services

#: What a region may call the project of a resource.
_PROJECTS: Final = (
    'tenant_id',
    'project_id',
    'os-vol-tenant-attr:tenant_id',
    'os-extended-snapshot-attributes:project_id',
)


class Homes:
    """The regions of resources.

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

    def find(
        self, resource: str, resource_id: str, asked: asking.Asked
    ) -> str:
        """Return the region of a resource.

        :raises tricircle.api.faults.Fault: no region has it, for the one who
            asks; or one that might does not answer
        """
        with sessions.reader() as session:
            noted = db_homes.region_of(session, resource, resource_id)
        if noted is not None and noted in self._regions.names():
            return noted
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

    def note(
        self,
        resource: str,
        region_name: str,
        items: Iterable[Mapping[str, Any]],
        project_id: str,
    ) -> None:
        """Note what a region said that it has."""
        with sessions.writer() as session:
            db_homes.note(
                session,
                [
                    db_homes.Home(
                        resource,
                        str(item['id']),
                        region_name,
                        next(
                            (
                                str(item[name])
                                for name in _PROJECTS
                                if item.get(name)
                            ),
                            project_id,
                        ),
                        # What has just been made may not say when.
                        _moment(item.get('created') or item.get('created_at'))
                        or clock.now(session),
                    )
                    for item in items
                ],
            )

    def forget(self, resource: str, resource_id: str) -> None:
        """Forget a resource that is gone."""
        with sessions.writer() as session:
            db_homes.forget(session, resource, [resource_id])

    def bound(self, resource: str, project_id: str) -> list[str]:
        """Return the regions where a project has something, newest first."""
        with sessions.reader() as session:
            newest = db_homes.newest(session, resource, project_id)
        return list(dict.fromkeys(home.region_name for home in newest))


def _moment(text: Any) -> datetime.datetime | None:
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(text))
    except (AttributeError, TypeError, ValueError):
        return None
