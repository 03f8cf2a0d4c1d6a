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

from collections.abc import Mapping
from typing import Any, Final

from tricircle.gateway import adding
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.behaviours import of_one

#: The zone in which Nova has its own services.
_INTERNAL: Final = 'internal'


def _answers(
    cloud: asking.Cloud, asked: asking.Asked
) -> tuple[dict[str, exchange.Answer], dict[str, regions.RegionAway]]:
    """Return what regions answered, by region, and who did not.

    :raises tricircle.gateway.regions.RegionAway: none does
    """
    found, away = cloud.regions.ask_all(asked.question(), cloud.list_timeout)
    if away and not found:
        raise next(iter(away.values()))
    return {name: found[name] for name in sorted(found)}, away


def _failure(answers: Mapping[str, exchange.Answer]) -> str | None:
    """Return a region that refused; None when none did."""
    return next((name for name in answers if not answers[name].is_fine), None)


def union(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List what all regions have, region by region."""
    answers, away = _answers(cloud, asked)
    refused = _failure(answers)
    if refused is not None:
        return of_one.told(cloud, asked, refused, answers[refused])
    key = asked.route.key
    return asking.answer(
        {key: [item for one in answers.values() for item in one.json[key]]},
        headers=asking.missing(away),
    )


def total(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Add what all regions answer."""
    answers, away = _answers(cloud, asked)
    refused = _failure(answers)
    if refused is not None:
        return of_one.told(cloud, asked, refused, answers[refused])
    return asking.answer(
        adding.added([one.json for one in answers.values()]),
        headers=asking.missing(away),
    )


def zones(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List the availability zones: those of the pods.

    A zone is available while one of its pods takes servers.
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
                    'hosts': None,
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
    answers, away = _answers(cloud, asked)
    refused = _failure(answers)
    if refused is not None:
        return of_one.told(cloud, asked, refused, answers[refused])
    names = {pod.region_name: pod.az_name for pod in cloud.regions.pods()}
    found: dict[str, dict[str, Any]] = {}
    for region, one in answers.items():
        for zone in one.json['availabilityZoneInfo']:
            name = zone['zoneName']
            name = name if name == _INTERNAL else names[region]
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
    return asking.answer(
        {'availabilityZoneInfo': [found[name] for name in sorted(found)]},
        headers=asking.missing(away),
    )


def aggregates(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """List one aggregate a pod, ``ag_`` and the name of its region."""
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
