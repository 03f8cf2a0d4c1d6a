# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What requests take: of new servers, and of those that change."""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any, Final, Protocol
from urllib import parse

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import flavors
from tricircle.gateway import regions
from tricircle.gateway.placing import facts
from tricircle.gateway.quotas import amounts

_SHELVED: Final = 'SHELVED_OFFLOADED'


class FlavorsOf(Protocol):
    """What regions say of flavors."""

    def flavors(
        self, cloud: asking.Cloud, asked: asking.Asked, wanted: str
    ) -> dict[str, facts.Flavor | None]:
        """Return a flavor by region, as far as they say; None of none."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a request takes.

    :ivar project_id: whose it is to be
    :ivar each: amounts of one
    :ivar least: how many there are to be, or nothing is made
    :ivar most: how many there may be
    :ivar server_id: of one that is there already, else ''
    """

    project_id: str
    each: Mapping[str, int]
    least: int = 1
    most: int = 1
    server_id: str = ''


class Wishes:
    """What requests take.

    :param said: what regions say of flavors
    """

    def __init__(self, said: FlavorsOf) -> None:
        self._flavors = said

    def of(self, cloud: asking.Cloud, asked: asking.Asked) -> Wish | None:
        """Return what a request takes; None of what takes nothing.

        :raises tricircle.api.faults.Fault: it is not known
        """
        if asked.method != 'POST' or asked.route.resource != 'server':
            return None
        if asked.path == '/servers':
            return self._new(cloud, asked)
        if asked.path.endswith('/action') and asked.path.count('/') == 3:
            return self._changed(cloud, asked)
        return None

    def _new(self, cloud: asking.Cloud, asked: asking.Asked) -> Wish:
        wished = asked.said[asked.route.key]
        least, most = amounts.counts(wished)
        flavor = self._flavor(
            cloud,
            asked,
            flavors.id_in(wished.get('flavorRef')),
            amounts.is_on_volume(wished),
        )
        each = {**flavor, amounts.SERVERS: 1}
        return Wish(asked.project_id, each, least, most)

    def _flavor(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wanted: str,
        is_on_volume: bool,
    ) -> dict[str, int]:
        """Return what a flavor takes where it takes most.

        One that all regions say they do not have is theirs to refuse.
        """
        if not wanted:
            return {}
        said = self._flavors.flavors(cloud, asked, wanted)
        there = [flavor for flavor in said.values() if flavor is not None]
        missing = set(cloud.regions.names()) - set(said)
        if not there and missing:
            raise faults.Fault(
                503,
                f'{", ".join(sorted(missing))}: no answer for flavor '
                f'{wanted}, which no other region has. Try again when it is '
                'back.',
            )
        return amounts.greatest(
            amounts.of_flavor(flavor, is_on_volume) for flavor in there
        )

    def _changed(
        self, cloud: asking.Cloud, asked: asking.Asked
    ) -> Wish | None:
        try:
            said = json.loads(asked.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or not {'resize', 'unshelve'} & {*said}:
            return None
        server_id = asked.arguments['id']
        server = _server(cloud, asked, server_id)
        if server is None:
            return None
        is_on_volume = not server.get('image')
        old = amounts.of_flavor(flavors.read(_flavor_of(server)), is_on_volume)
        project = str(server.get('tenant_id') or asked.project_id)
        if 'unshelve' in said:
            offloaded = server.get('status') == _SHELVED
            each: Mapping[str, int] = old if offloaded else {}
        else:
            resize = said['resize'] if isinstance(said['resize'], dict) else {}
            wanted = flavors.id_in(resize.get('flavorRef'))
            each = amounts.more(
                self._flavor(cloud, asked, wanted, is_on_volume), old
            )
        return Wish(project, each, server_id=server_id) if each else None


def fewer(asked: asking.Asked, wish: Wish, count: int) -> asking.Asked:
    """Return a request for as many as fit."""
    if count == wish.most:
        return asked
    key = asked.route.key
    wished = {**asked.said[key], 'min_count': wish.least, 'max_count': count}
    body = json.dumps({**asked.said, key: wished}).encode()
    return dataclasses.replace(asked, body=body)


def look_at(asked: asking.Asked, server_id: str) -> exchange.Question:
    """Return what is asked of a region for a server."""
    return exchange.Question(
        'GET',
        f'/servers/{parse.quote(server_id, safe="")}',
        headers={**asked.headers, 'OpenStack-API-Version': flavors.VERSION},
    )


def _server(
    cloud: asking.Cloud, asked: asking.Asked, server_id: str
) -> dict[str, Any] | None:
    """Return a server as its region says; None where it is refused.

    :raises tricircle.gateway.regions.RegionAway: it does not answer
    :raises tricircle.api.faults.Fault: it says something else
    """
    region = asked.query.get('region') or cloud.homes.find(
        'server', server_id, asked
    )
    try:
        answer = cloud.regions.ask(
            region, look_at(asked, server_id), cloud.list_timeout
        )
    except regions.RegionAway as exc:
        raise exc.before() from exc
    # What it refuses to show it refuses to change.
    if answer.status in (401, 403, 404):
        return None
    try:
        server: dict[str, Any] = dict(answer.json['server'])
        if server['flavor']['vcpus'] is not None:
            return server
    except (KeyError, TypeError, ValueError):
        pass
    raise faults.Fault(
        503,
        f'{region} does not say what flavor server {server_id} has (HTTP '
        f'{answer.status}): it is not known what this takes of the quota',
    )


def _flavor_of(server: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the flavor that a server says it has, as flavors are told."""
    told = server['flavor']
    return {**told, 'OS-FLV-EXT-DATA:ephemeral': told.get('ephemeral', 0)}
