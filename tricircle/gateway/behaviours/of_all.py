# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Behaviours for what is of all regions, without an order or pages."""

from collections.abc import Callable
import dataclasses
import functools
from typing import Any, Final

import webob.multidict

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway.answer import adding
from tricircle.gateway.behaviours import of_one

#: The zone in which Nova has its own services.
_INTERNAL: Final = 'internal'


def combined(
    cloud: asking.Cloud,
    asked: asking.Asked,
    combine: Callable[[dict[str, Any]], Any],
) -> exchange.Answer:
    """Ask all regions, and make one answer of theirs.

    What one region refuses is told; one that does not answer is left out,
    and named in a header.

    :param combine: gets what each said, by region, in the order of names
    :raises tricircle.gateway.regions.RegionAway: none answers
    """
    answers, away = cloud.regions.ask_all(asked.question(), cloud.list_timeout)
    if away and not answers:
        raise next(iter(away.values()))
    names = sorted(answers)
    for name in names:
        if not answers[name].is_fine:
            return of_one.told(cloud, asked, name, answers[name])
    return asking.answer(
        combine(
            {
                name: of_one.told(cloud, asked, name, answers[name]).json
                for name in names
            }
        ),
        headers=asking.missing(away),
    )


def union(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List what all regions have, region by region."""
    key = asked.route.key
    return combined(
        cloud,
        asked,
        lambda said: {
            key: [item for one in said.values() for item in one[key]]
        },
    )


def by_name(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List what all regions have under the same names, each name once.

    The first region's counts. They are few: a page is cut from all of them.
    """
    key = asked.route.key
    whole = dataclasses.replace(asked, query=_without_pages(asked))

    def by_their_names(said: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for one in said.values():
            for item in one[key]:
                named.setdefault(str(item['name']), item)
        return {key: _cut(list(named.values()), asked)}

    return combined(cloud, whole, by_their_names)


def _without_pages(
    asked: asking.Asked,
) -> webob.multidict.MultiDict[str, str]:
    kept: webob.multidict.MultiDict[str, str] = webob.multidict.MultiDict()
    for name, value in asked.query.items():
        if name not in ('limit', 'marker', 'offset'):
            kept.add(name, value)
    return kept


def _cut(items: list[Any], asked: asking.Asked) -> list[Any]:
    """Return the page of a list that a query asks for.

    :raises tricircle.api.faults.Fault: there is no such marker or page
    """
    marker = asked.query.get('marker')
    if marker is not None:
        ids = [item['id'] for item in items]
        if marker not in ids:
            raise faults.Fault(404, f'marker {marker[:64]} is nowhere')
        items = items[ids.index(marker) + 1 :]
    items = items[asking.number(asked, 'offset') or 0 :]
    limit = asking.number(asked, 'limit')
    return items if limit is None else items[:limit]


def total(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Add what all regions answer."""
    return combined(
        cloud, asked, lambda said: adding.added(list(said.values()))
    )


def zones(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List the availability zones: those of the pods.

    A zone is available while one of its pods takes anything.
    """
    takes: dict[str, bool] = {}
    for pod in cloud.regions.pods():
        takes[pod.az_name] = takes.get(pod.az_name, False) or not pod.away
    return asking.answer(
        {
            'availabilityZoneInfo': [
                {
                    'zoneName': name,
                    'zoneState': {'available': takes[name]},
                    **({asked.route.key: None} if asked.route.key else {}),
                }
                for name in sorted(takes)
            ]
        }
    )


def hosts_of_zones(
    cloud: asking.Cloud, asked: asking.Asked
) -> exchange.Answer:
    """List the zones with the hosts of all regions, for administrators.

    What a region has in a zone of its own is in that of its pod; Nova's
    services are in the zone ``internal`` everywhere.
    """
    return combined(
        cloud, asked, functools.partial(_by_zone, cloud.regions.zone)
    )


def _by_zone(
    zone_of: Callable[[str], str], said: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for region, one in said.items():
        for zone in one['availabilityZoneInfo']:
            name = zone['zoneName']
            name = name if name == _INTERNAL else zone_of(region)
            there = found.setdefault(
                name,
                {
                    'zoneName': name,
                    'zoneState': {'available': False},
                    'hosts': {},
                },
            )
            there['zoneState']['available'] |= zone['zoneState']['available']
            there['hosts'].update(zone['hosts'] or {})
    return {'availabilityZoneInfo': [found[name] for name in sorted(found)]}


def aggregates(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List one aggregate a pod, ``ag_`` and the name of its region.

    Who may see that, a region says: its aggregates name its hosts, these name
    the regions.
    """
    allowed = of_one.reference(cloud, asked)
    if not allowed.is_fine:
        return allowed
    found: list[dict[str, Any]] = [
        {
            'id': number,
            'name': f'ag_{pod.region_name}',
            'availability_zone': pod.az_name,
            'hosts': [],
            'metadata': {'availability_zone': pod.az_name},
            'created_at': None,
            'updated_at': None,
            'deleted_at': None,
            'deleted': False,
        }
        for number, pod in enumerate(
            sorted(cloud.regions.pods(), key=lambda pod: pod.region_name), 1
        )
    ]
    return asking.answer({'aggregates': found})
