# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The behaviour for what is made in a region that is chosen."""

from collections.abc import Iterator
import json
from typing import Any

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway import rewriting
from tricircle.gateway.behaviours import of_one


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Choose a region, and have it make the resource.

    A region to which no connection can be made has done nothing: the next
    one that fits is asked. Whatever else goes wrong is told: nobody but the
    user may ask twice for a server.

    :raises tricircle.api.faults.Fault: no region fits, or it is not known
        whether it was made
    """
    fitting = _fitting(cloud, asked)
    refusal: regions.RegionAway | None = None
    for pod in fitting:
        try:
            found = cloud.regions.ask(
                pod.region_name,
                asked.question(body=_for_region(asked, pod)),
            )
        except regions.RegionAway as exc:
            if exc.may_be_done:
                raise faults.Fault(
                    504,
                    f'{exc}. It may have been made there: list what there '
                    'is before you try again.',
                ) from exc
            refusal = exc
            continue
        if found.is_fine:
            _note(cloud, asked, pod.region_name, found)
        return of_one.told(cloud, asked, pod.region_name, found)
    raise faults.Fault(503, f'{refusal}')


def _fitting(cloud: asking.Cloud, asked: asking.Asked) -> list[placing.Pod]:
    wished = asked.said[asked.route.key]
    networks, ports = _networks(wished), _ports(wished)
    wish = placing.Wish(
        zone=str(wished.get('availability_zone') or '').partition(':')[0],
        scopes=cloud.scopes(networks, ports) if networks or ports else {},
        homes=dict(_homes(cloud, asked)),
        bound=cloud.homes.bound(asked.route.resource, asked.project_id),
    )
    try:
        return placing.place(cloud.regions.pods(), wish)
    except placing.NoRegion as exc:
        raise faults.Fault(409, str(exc)) from exc


def _interfaces(wished: dict[str, Any]) -> list[dict[str, Any]]:
    given = wished.get('networks')
    if not isinstance(given, list):
        return []
    return [one for one in given if isinstance(one, dict)]


def _networks(wished: dict[str, Any]) -> list[str]:
    return [str(one['uuid']) for one in _interfaces(wished) if one.get('uuid')]


def _ports(wished: dict[str, Any]) -> list[str]:
    return [str(one['port']) for one in _interfaces(wished) if one.get('port')]


def _homes(
    cloud: asking.Cloud, asked: asking.Asked
) -> Iterator[tuple[str, str]]:
    """Yield what the resource needs of one region, and which that is."""
    for name in ('os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints'):
        hints = asked.said.get(name)
        group = hints.get('group') if isinstance(hints, dict) else None
        if isinstance(group, str):
            yield (
                f'server group {group}',
                cloud.homes.find('server-group', group, asked),
            )


def _for_region(asked: asking.Asked, pod: placing.Pod) -> bytes:
    key = asked.route.key
    there = rewriting.zone_for_region(asked.said[key], pod)
    return json.dumps({**asked.said, key: there}).encode()


def _note(
    cloud: asking.Cloud,
    asked: asking.Asked,
    region: str,
    found: exchange.Answer,
) -> None:
    made = found.json.get(asked.route.key)
    # Several at once are told by a reservation: lists find them.
    if isinstance(made, dict) and 'id' in made:
        cloud.homes.note(
            asked.route.resource, region, [made], asked.project_id
        )
