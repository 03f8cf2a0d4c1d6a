# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What was made though its answer was lost, looked for in its region."""

import datetime

from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.lost import likeness
from tricircle.gateway.lost import placings


class Unknown(Exception):
    """It is not known whether it was made; the text says what was found."""


def likeness_of(
    cloud: asking.Cloud, asked: asking.Asked, region: str
) -> likeness.Likeness | None:
    """Return by what the resource of a request can be found; None of none.

    :raises tricircle.gateway.regions.RegionAway: it does not answer, and has
        made nothing
    """
    match asked.route.resource:
        case 'server':
            server = likeness.Server(asked)
            return server if server.is_one else None
        case 'server-group':
            there = _groups(cloud, asked, region)
            return (
                None if there is None else likeness.ServerGroup(asked, there)
            )
        case _:
            return None


def _groups(
    cloud: asking.Cloud, asked: asking.Asked, region: str
) -> frozenset[str] | None:
    try:
        found = cloud.regions.ask(
            region, likeness.groups(asked), cloud.list_timeout
        )
    except regions.RegionAway as exc:
        raise exc.before() from exc
    try:
        said = found.json['server_groups'] if found.is_fine else None
        return None if said is None else frozenset(one['id'] for one in said)
    except (KeyError, TypeError, ValueError):
        return None


def look(
    cloud: asking.Cloud,
    placing: placings.Placing,
    like: likeness.Likeness | None,
    since: datetime.datetime,
    seconds: float,
) -> exchange.Answer:
    """Return the answer that was lost.

    :param since: when the region was asked, by the database's clock
    :param seconds: how long it may take; 0 for one look
    :raises Unknown: it cannot be found, or not told from others
    """
    if like is None:
        raise Unknown('What it makes cannot be told from what is there')
    patience = cloud.placings.patience
    until = patience.now() + seconds
    while True:
        found, reason = _once(cloud, placing, like, since)
        if found is not None:
            return found
        left = until - patience.now()
        if left <= 0:
            raise Unknown(reason)
        patience.wait(min(patience.pause, left))


def _once(
    cloud: asking.Cloud,
    placing: placings.Placing,
    like: likeness.Likeness,
    since: datetime.datetime,
) -> tuple[exchange.Answer | None, str]:
    """Return the answer, or None and why there is none."""
    try:
        answer = cloud.regions.ask(
            placing.region_name, like.question(since), cloud.list_timeout
        )
        there = like.found(answer, since) if answer.is_fine else None
    except (regions.RegionAway, ValueError, KeyError, TypeError):
        there = None
    if there is None:
        return None, 'The region does not say what it has'
    left = cloud.placings.nobodys(placing, there)
    if left is None:
        return None, 'Another request for the like of it is under way'
    if len(left) > 1:
        return None, f'{len(left)} are there that may be it'
    if not left:
        return None, 'It is not there yet'
    if not cloud.placings.claim(placing, left[0]):
        return None, 'What is there answers another request'
    return like.told(left[0]), ''
