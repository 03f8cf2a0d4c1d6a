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

import json

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import needs
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
    asked = needs.by_names(cloud, asked)
    fitting = _fitting(cloud, asked)
    refusal: regions.RegionAway | None = None
    for pod in fitting:
        try:
            found = cloud.regions.ask(
                pod.region_name,
                asked.question(body=_for_region(cloud, asked, pod)),
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
    networks, ports = needs.networks(wished), needs.ports(wished)
    pods = cloud.regions.pods()
    wish = placing.Wish(
        zone=_zone(cloud, asked, pods),
        scopes=cloud.scopes(networks, ports) if networks or ports else {},
        homes=needs.homes(cloud, asked),
        bound=needs.bound(cloud, asked),
    )
    try:
        return placing.place(pods, wish)
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
    region: str,
    found: exchange.Answer,
) -> None:
    made = found.json.get(cloud.service.kinds[asked.route.resource].key)
    # Several at once are told by a reservation: lists find them.
    if isinstance(made, dict) and 'id' in made:
        cloud.homes.note(
            asked.route.resource, region, [made], asked.project_id
        )
