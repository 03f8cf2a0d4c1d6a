# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a project uses in all regions, as they say, or last said."""

from collections.abc import Collection, Mapping
import dataclasses
import functools
from typing import Any, Final, Protocol
from urllib import parse

from oslo_db import exception as db_exc
from oslo_log import log as logging

from tricircle.api import faults
from tricircle.db import session as sessions
from tricircle.db.central.gateway import quotas as db_quotas
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.quotas import amounts

LOG = logging.getLogger(__name__)

#: Any version says it.
_VERSION: Final = 'compute 2.1'
#: What Nova's answer calls what it counts itself.
_FIELDS: Final = {
    amounts.SERVERS: 'totalInstancesUsed',
    amounts.VCPU: 'totalCoresUsed',
    amounts.MEMORY: 'totalRAMUsed',
}


class PlacementOf(Protocol):
    """The Placement APIs of the regions."""

    def usages(self, region_name: str, project_id: str) -> exchange.Answer:
        """Return the answer to a question for what a project uses."""


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a project uses.

    :ivar total: in all regions
    :ivar away: names of regions of which the last known counts
    :ivar answered: names of the others
    """

    total: amounts.Amounts
    away: frozenset[str]
    answered: frozenset[str]


class Usages:
    """What projects use.

    :param placement: asked with the gateway's own credentials
    """

    def __init__(self, placement: PlacementOf) -> None:
        self._placement = placement

    def of(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        project_id: str,
        names: Collection[str],
    ) -> Usage:
        """Return what a project uses of some resources; all regions at once.

        A region that does not say counts with what it last said. Where
        nobody ever heard it, the servers count that are noted to be there.

        :raises tricircle.api.faults.Fault: Placement refuses to say
        """
        wanted = frozenset(names)
        said, refusals = self._ask(cloud, asked, project_id, wanted)
        with sessions.reader() as session:
            last = db_quotas.last_known(session, project_id)
            noted = {
                region: db_quotas.servers_noted(session, project_id, region)
                for region in cloud.regions.names()
                if wanted - {*said.get(region, {}), *last.get(region, {})}
            }
        away, found = set(), {}
        for region in cloud.regions.names():
            new = said.get(region, {})
            if wanted - set(new):
                away.add(region)
            known = {**last.get(region, {}), **new}
            if region in noted:
                known.setdefault(amounts.SERVERS, noted[region])
            if region in refusals and wanted - set(known):
                raise faults.Fault(503, refusals[region])
            found[region] = known
        _note(
            project_id,
            {
                region: found[region]
                for region in said
                if found[region] != last.get(region)
            },
        )
        total = amounts.total(found.values())
        return Usage(
            {name: total.get(name, 0) for name in wanted},
            frozenset(away),
            frozenset(said) - away,
        )

    def _ask(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        project_id: str,
        wanted: frozenset[str],
    ) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
        """Return what regions say, and why some Placements refuse to."""
        topics = []
        if wanted & set(_FIELDS):
            topics.append(functools.partial(_nova, cloud, asked, project_id))
        refusals: dict[str, str] = {}
        if wanted - {amounts.SERVERS}:
            topics.append(
                functools.partial(
                    self._of_placement, project_id, wanted, refusals
                )
            )
        answers, _away = cloud.regions.at_once(
            lambda key: topics[key[1]](key[0]),
            [
                (region, number)
                for region in cloud.regions.names()
                for number in range(len(topics))
            ],
        )
        said: dict[str, dict[str, int]] = {}
        # What Placement says counts more than what Nova says of the same.
        for region, number in sorted(answers, key=lambda key: key[1]):
            said.setdefault(region, {}).update(
                {
                    name: amount
                    for name, amount in answers[region, number].items()
                    if name in wanted
                }
            )
        return said, refusals

    def _of_placement(
        self,
        project_id: str,
        wanted: frozenset[str],
        refusals: dict[str, str],
        region: str,
    ) -> dict[str, int]:
        answer = self._placement.usages(region, project_id)
        if not answer.is_fine:
            LOG.warning(
                'Placement of %s does not say what is used: HTTP %d',
                region,
                answer.status,
            )
            if answer.status in (401, 403):
                refusals[region] = (
                    f'Placement of {region} does not tell the gateway what '
                    'is used: give the user of [client] the role service '
                    'there'
                )
            raise regions.RegionAway(region, 'Placement does not say')
        try:
            said = answer.json['usages']
            return {
                name: int(said.get(name.removeprefix(amounts.CLASS), 0))
                for name in wanted
                if name.startswith(amounts.CLASS)
            }
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise regions.RegionAway(region, 'Placement says nothing') from exc


def _nova(
    cloud: asking.Cloud, asked: asking.Asked, project_id: str, region: str
) -> dict[str, int]:
    """Return what a region's Nova counts, as the one who asks may see it."""
    query = parse.urlencode(
        {'tenant_id': project_id} if project_id != asked.project_id else {}
    )
    headers = {**asked.headers, 'OpenStack-API-Version': _VERSION}
    answer = cloud.regions.ask(
        region,
        exchange.Question('GET', '/limits', query, headers),
        cloud.list_timeout,
    )
    try:
        said = answer.json['limits']['absolute'] if answer.is_fine else {}
        return {name: int(said[field]) for name, field in _FIELDS.items()}
    except (KeyError, TypeError, ValueError) as exc:
        raise regions.RegionAway(region, 'it does not say its usage') from exc


def _note(project_id: str, changed: Mapping[str, Mapping[str, int]]) -> None:
    if not changed:
        return

    def note() -> None:
        with sessions.writer() as session:
            db_quotas.note(session, project_id, changed)

    try:
        sessions.retry(note)()
    except db_exc.DBError as exc:
        LOG.warning(
            'It is not noted what project %s uses (%s)',
            project_id,
            type(exc).__name__,
        )


def of_server(server: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the flavor that a server says it has, as flavors are told."""
    told = server['flavor']
    return {**told, 'OS-FLV-EXT-DATA:ephemeral': told.get('ephemeral', 0)}
