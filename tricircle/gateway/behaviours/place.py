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
import datetime
import json
from typing import Any, Final

from tricircle.api import faults
from tricircle.conf import fault_point
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import likeness
from tricircle.gateway import lost
from tricircle.gateway import placing
from tricircle.gateway import placings
from tricircle.gateway import regions
from tricircle.gateway import rewriting
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.placing import filters

#: What an upstream of the region's own says of an answer that it lost.
_LOST: Final = frozenset({502, 504})


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Choose a region, and have it make the resource.

    A region to which no connection can be made has done nothing: the next
    one that fits is asked. Whatever else goes wrong is told, unless what was
    made is found there: nobody but the user may ask twice for a server.

    :raises tricircle.api.faults.Fault: no region fits, or it is not known
        whether it was made
    """
    standing = cloud.bindings.standing(asked.project_id)
    choice = _choice(cloud, asked, frozenset(standing.values()))
    unfit = {
        region: why
        for region, (name, why) in choice.left_out.items()
        if name in filters.FOR_NOW
    }
    refusal: regions.RegionAway | None = None
    for pod in choice.pods:
        try:
            found = _at(cloud, asked, pod)
        except regions.RegionAway as exc:
            unfit[pod.region_name] = 'does not answer'
            refusal = exc
            continue
        if found.is_fine and standing.get(pod.az_name) != pod.pod_id:
            cloud.bindings.place(asked.project_id, pod, unfit)
        return found
    raise faults.Fault(503, f'{refusal}')


def _at(
    cloud: asking.Cloud, asked: asking.Asked, pod: placing.Pod
) -> exchange.Answer:
    """Have one region make the resource.

    :raises tricircle.gateway.regions.RegionAway: it has done nothing
    """
    region = pod.region_name
    like = lost.likeness_of(cloud, asked, region)
    noted = placings.Placing(
        request_id=asked.headers['X-OpenStack-Request-Id'],
        resource_type=asked.route.resource,
        region_name=region,
        project_id=asked.project_id,
        mark=like.mark if like else '',
    )
    since = cloud.placings.begin(noted)
    fault_point.reach('gateway.placing.noted')
    try:
        found = cloud.regions.ask(
            region, asked.question(body=_for_region(asked, pod))
        )
    except regions.RegionAway as exc:
        if not exc.may_be_done:
            cloud.placings.end(noted)
            raise
        try:
            found = _look(cloud, noted, like, since)
        except lost.Unknown as unknown:
            raise faults.Fault(
                504,
                f'{exc}. {unknown}. It may have been made there by request '
                f'{noted.request_id}: list what there is before you try '
                'again.',
            ) from exc
    else:
        fault_point.reach('gateway.placing.answered')
        if found.status >= 500:
            found = _despite(cloud, noted, like, since, found)
        elif found.is_fine:
            _note(cloud, asked, noted, found)
        else:
            cloud.placings.end(noted)
    return of_one.told(cloud, asked, region, found)


def _look(
    cloud: asking.Cloud,
    noted: placings.Placing,
    like: likeness.Likeness | None,
    since: datetime.datetime,
) -> exchange.Answer:
    seconds = cloud.placings.patience.seconds
    return lost.look(cloud, noted, like, since, seconds)


def _despite(
    cloud: asking.Cloud,
    noted: placings.Placing,
    like: likeness.Likeness | None,
    since: datetime.datetime,
    failure: exchange.Answer,
) -> exchange.Answer:
    """Return the answer of what was made although a region says it failed.

    One that itself says so is looked at once; what stands before it may not
    know what it does.
    """
    seconds = (
        cloud.placings.patience.seconds if failure.status in _LOST else 0.0
    )
    try:
        return lost.look(cloud, noted, like, since, seconds)
    except lost.Unknown:
        return failure


def _choice(
    cloud: asking.Cloud, asked: asking.Asked, standing: frozenset[str]
) -> placing.Choice:
    wished = asked.said[asked.route.key]
    networks, ports = _networks(wished), _ports(wished)
    wish = placing.Wish(
        zone=str(wished.get('availability_zone') or '').partition(':')[0],
        scopes=cloud.scopes(networks, ports) if networks or ports else {},
        homes=dict(_homes(cloud, asked)),
        bound=cloud.homes.bound(asked.route.resource, asked.project_id),
        standing=standing,
    )
    try:
        if cloud.known is not None and asked.route.resource == 'server':
            wish = cloud.known.added(cloud, asked, wish)
        return placing.choose(cloud.regions.pods(), wish, cloud.rules)
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
    noted: placings.Placing,
    found: exchange.Answer,
) -> None:
    try:
        made = found.json.get(asked.route.key)
    except (AttributeError, ValueError):
        made = None
    # Several at once are told by a reservation: lists find them.
    if isinstance(made, dict) and 'id' in made:
        cloud.placings.claim(noted, made)
    else:
        cloud.placings.end(noted)
