# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a client asked for, and what behaviours answer it with."""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import functools
import json
from typing import Any, Protocol
from urllib import parse

import webob.multidict

from tricircle.api import faults
from tricircle.db.central.gateway import homes as db_homes
from tricircle.gateway import bindings as binding_rows
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import microversions
from tricircle.gateway.api import routes
from tricircle.gateway.api import service as services
from tricircle.gateway.lost import placings as placing_rows

#: Header that names the regions that an answer lacks.
MISSING = 'X-Tricircle-Regions-Missing'
#: Header of a microversion: the service's word, and the version.
VERSION = 'OpenStack-API-Version'


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request of a client.

    :ivar path: relative to the project, as it stands in a URL
    :ivar headers: what goes on to regions
    :ivar project_id: of the caller
    :ivar user_id: likewise
    :ivar root: URL of the gateway, without the version of the API
    """

    method: str
    path: str
    query: webob.multidict.MultiDict[str, str]
    headers: Mapping[str, str]
    body: bytes
    project_id: str
    version: microversions.Version
    root: str
    route: routes.Route
    arguments: Mapping[str, str]
    user_id: str = ''

    def question(self, **changes: Any) -> exchange.Question:
        """Return the request as a region is asked it."""
        asked: dict[str, Any] = {
            'method': self.method,
            'path': self.path,
            'query': encoded(self.query),
            'headers': self.headers,
            'body': self.body,
        }
        return exchange.Question(**(asked | changes))

    @functools.cached_property
    def said(self) -> dict[str, Any]:
        """What the body says, with the resource of the route in it.

        :raises tricircle.api.faults.Fault: it says nothing of that
        """
        key = self.route.key
        try:
            said = json.loads(self.body)
            if isinstance(said[key], dict):
                return dict(said)
        except (KeyError, TypeError, ValueError, RecursionError):
            pass
        raise faults.Fault(400, f'The body is no JSON object with {key!r}')


def encoded(
    query: Any,
    without: Sequence[str] = (),
    more: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a query as it stands in a URL.

    :param without: names of parameters that are left out
    :param more: parameters that come at its end
    """
    return parse.urlencode(
        [
            *(
                (key, value)
                for key, value in query.items()
                if key not in without
            ),
            *more,
        ]
    )


def number(
    asked: Asked,
    name: str,
    bad: str = '{} is no number that is not negative',
) -> int | None:
    """Return a number of a query; None where there is none.

    :param bad: what is said of what is none, {} for it
    :raises tricircle.api.faults.Fault: it is none, or it is negative
    """
    text = asked.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise faults.Fault(400, bad.format(text[:40]))
    return int(text)


class HomesOf(Protocol):
    """Where resources are: what behaviours need of it."""

    def find(self, resource: str, resource_id: str, asked: Asked) -> str:
        """Return the region of a resource."""

    def note(
        self, resource: str, region_name: str, items: Any, project_id: str
    ) -> None:
        """Note what a region said that it has."""

    def forget(self, resource: str, resource_id: str) -> None:
        """Forget a resource that is gone."""

    def bound(self, resource: str, project_id: str) -> list[str]:
        """Return the regions where a project has something, newest first."""

    def there(
        self, resource: str, region_name: str, project_id: str, most: int
    ) -> list[db_homes.Home]:
        """Return what a project has in a region, the newest first."""

    def are_all(
        self, resource: str, region_name: str, ids: Any, project_id: str
    ) -> None:
        """Note that a project has nothing in a region but what was told."""


class KnownOf(Protocol):
    """What regions say that matters for a place."""

    def added(
        self, cloud: 'Cloud', asked: Asked, wish: placing.Wish
    ) -> placing.Wish:
        """Return a wish for a server with what regions say for it."""


class LimitsOf(Protocol):
    """Limits by the names of resources; -1 is no limit."""

    @property
    def registered(self) -> Mapping[str, int]:
        """Those of projects that have none of their own."""

    @property
    def all(self) -> Mapping[str, int]:
        """What counts for the project."""


class QuotaOf(Protocol):
    """The quota of the whole cloud."""

    def limits(self, project_id: str) -> LimitsOf:
        """Return the limits of a project."""

    def within(
        self,
        cloud: 'Cloud',
        asked: Asked,
        act: Callable[[Asked], exchange.Answer],
    ) -> exchange.Answer:
        """Do what is asked for if it is within the quota."""


@dataclasses.dataclass(frozen=True)
class Cloud:
    """What behaviours work with.

    :ivar beside: where resources of another service are, such as the volumes
        of servers
    """

    service: services.Service
    regions: regions.Regions
    homes: HomesOf
    scopes: Callable[[list[str], list[str]], Mapping[str, frozenset[str]]]
    list_timeout: float
    max_limit: int
    beside: HomesOf | None = None
    placings: placing_rows.Placings = dataclasses.field(
        default_factory=placing_rows.Placings
    )
    rules: placing.Rules = dataclasses.field(default_factory=placing.Rules)
    bindings: binding_rows.Bindings = dataclasses.field(
        default_factory=binding_rows.Bindings
    )
    known: KnownOf | None = None
    quota: QuotaOf | None = None

    def homes_of(self, kind: str) -> HomesOf | None:
        """Return what knows where resources of a kind are, if any does."""
        return self.homes if kind in self.service.kinds else self.beside


def within(
    cloud: Cloud, asked: Asked, act: Callable[[Asked], exchange.Answer]
) -> exchange.Answer:
    """Do what is asked for, within the quota of the cloud if it has one."""
    if cloud.quota is None:
        return act(asked)
    return cloud.quota.within(cloud, asked, act)


def answer(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> exchange.Answer:
    """Return an answer of the gateway's own."""
    return exchange.Answer(
        status,
        {'Content-Type': 'application/json', **(headers or {})},
        json.dumps(body).encode(),
    )


def missing(names: Any) -> dict[str, str]:
    """Return the header that names regions that an answer lacks."""
    return {MISSING: ','.join(sorted(names))} if names else {}
