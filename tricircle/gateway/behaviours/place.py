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

import datetime
import json
from typing import Final

from tricircle.api import faults
from tricircle.conf import fault_point
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import needs
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.answer import rewriting
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.lost import likeness
from tricircle.gateway.lost import lost
from tricircle.gateway.lost import placings
from tricircle.gateway.mirroring import jobs
from tricircle.gateway.mirroring import kinds
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
    asked = needs.by_names(cloud, asked)
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
    _bring_key(cloud, asked, region)
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
            region, asked.question(body=_for_region(cloud, asked, pod))
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


def _bring_key(cloud: asking.Cloud, asked: asking.Asked, region: str) -> None:
    name = asked.said[asked.route.key].get('key_name')
    if asked.route.resource != 'server' or not isinstance(name, str):
        return
    try:
        jobs.key_for(cloud, asked, region, name)
    except kinds.NotSo as exc:
        raise faults.Fault(409, str(exc)) from exc
    except regions.RegionAway as exc:
        raise exc.before() from exc


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
    networks, ports = needs.networks(wished), needs.ports(wished)
    pods = cloud.regions.pods()
    wish = placing.Wish(
        zone=_zone(cloud, asked, pods),
        scopes=cloud.scopes(networks, ports) if networks or ports else {},
        homes=needs.homes(cloud, asked),
        bound=needs.bound(cloud, asked),
        standing=standing,
    )
    try:
        if cloud.known is not None and asked.route.resource == 'server':
            wish = cloud.known.added(cloud, asked, wish)
        return placing.choose(pods, wish, cloud.rules)
    except placing.NoRegion as exc:
        raise faults.Fault(409, str(exc)) from exc


def _zone(
    cloud: asking.Cloud, asked: asking.Asked, pods: list[placing.Pod]
) -> str:
    """Return the zone that is wished, without a host behind it."""
    if not cloud.service.kinds[asked.route.resource].takes_zone:
        return ''
    wished = asked.said[asked.route.key].get('availability_zone')
    zone = str(wished or '').partition(':')[0]
    known = {pod.az_name for pod in pods} | {pod.region_name for pod in pods}
    if cloud.service.lost_zone and zone and zone not in known:
        raise faults.Fault(400, cloud.service.lost_zone.format(zone))
    return zone


def _for_region(
    cloud: asking.Cloud, asked: asking.Asked, pod: placing.Pod
) -> bytes:
    key = asked.route.key
    kind = cloud.service.kinds[asked.route.resource]
    # What is made of another of its kind has the zone of that.
    if not kind.takes_zone or key != kind.key:
        return asked.body
    there = rewriting.zone_for_region(asked.said[key], pod)
    return json.dumps({**asked.said, key: there}).encode()


def _note(
    cloud: asking.Cloud,
    asked: asking.Asked,
    noted: placings.Placing,
    found: exchange.Answer,
) -> None:
    try:
        made = found.json.get(cloud.service.kinds[asked.route.resource].key)
    except (AttributeError, ValueError):
        made = None
    # Several at once are told by a reservation: lists find them.
    if isinstance(made, dict) and 'id' in made:
        cloud.placings.claim(noted, made)
    else:
        cloud.placings.end(noted)
