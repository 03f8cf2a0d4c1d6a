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
import datetime
import functools
from typing import Final, Protocol
from urllib import parse

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
class Wanted:
    """What is to be known.

    :ivar names: of resources
    :ivar since: now, by the database's clock
    """

    project_id: str
    names: frozenset[str]
    since: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a project uses.

    :ivar total: in all regions
    :ivar away: names of regions of which the last known counts
    :ivar said: what the others said
    :ivar since: when each was asked for what counts of it, as far as it was
    """

    total: amounts.Amounts
    away: frozenset[str]
    said: Mapping[str, db_quotas.Said]
    since: Mapping[str, datetime.datetime]


class Usages:
    """What projects use.

    :param placement: asked with the gateway's own credentials
    """

    def __init__(self, placement: PlacementOf) -> None:
        self._placement = placement

    def of(
        self, cloud: asking.Cloud, asked: asking.Asked, wanted: Wanted
    ) -> Usage:
        """Return what a project uses; all regions are asked at once.

        A region that does not say all counts with what it last said. Where
        nobody ever heard it, the servers count that are noted to be there.

        :raises tricircle.api.faults.Fault: Placement refuses to say
        """
        told, refusals = self._ask(cloud, asked, wanted)
        names = cloud.regions.names()
        said = {
            region: db_quotas.Said(told[region], wanted.since)
            for region in names
            if wanted.names <= told.get(region, {}).keys()
        }
        away = [region for region in names if region not in said]
        last, noted = _remembered(wanted.project_id, away)
        found: list[amounts.Amounts] = [one.amounts for one in said.values()]
        for region in away:
            known = {
                amounts.SERVERS: noted[region],
                **(last[region].amounts if region in last else {}),
                **told.get(region, {}),
            }
            if region in refusals and not wanted.names <= known.keys():
                raise faults.Fault(503, refusals[region])
            found.append(known)
        total = amounts.total(found)
        since = {
            region: last[region].since for region in away if region in last
        }
        return Usage(
            {name: total.get(name, 0) for name in wanted.names},
            frozenset(away),
            said,
            {**since, **dict.fromkeys(said, wanted.since)},
        )

    def _ask(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wanted: Wanted,
    ) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
        """Return what regions say, and why some Placements refuse to."""
        topics = []
        if wanted.names & set(_FIELDS):
            topics.append(
                functools.partial(_nova, cloud, asked, wanted.project_id)
            )
        refusals: dict[str, str] = {}
        if wanted.names - {amounts.SERVERS}:
            topics.append(
                functools.partial(self._of_placement, wanted, refusals)
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
                    if name in wanted.names
                }
            )
        return said, refusals

    def _of_placement(
        self,
        wanted: Wanted,
        refusals: dict[str, str],
        region: str,
    ) -> dict[str, int]:
        answer = self._placement.usages(region, wanted.project_id)
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
                for name in wanted.names
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


def _remembered(
    project_id: str, away: Collection[str]
) -> tuple[dict[str, db_quotas.Said], dict[str, int]]:
    """Return what regions last said, and what is noted to be there."""
    if not away:
        return {}, {}
    with sessions.reader() as session:
        return db_quotas.last_known(session, project_id), {
            region: db_quotas.servers_noted(session, project_id, region)
            for region in away
        }
