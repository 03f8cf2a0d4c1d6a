# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Behaviours for what every region is to have.

One region does what is asked, and says so. What it then has all others are to
have: those that answer at once, those that are away later.
"""

from collections.abc import Iterator, Mapping
import dataclasses
import functools
from typing import Final

from tricircle.api import faults
from tricircle.conf import fault_point
from tricircle.db.central.gateway import mirrors
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.mirroring import bringing
from tricircle.gateway.mirroring import jobs
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows

#: How often what others change meanwhile is read again.
_TRIES: Final = 10


def make(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Make something in all regions.

    Where one that answers refuses it, it is in none.

    :raises tricircle.api.faults.Fault: a region has another by that name
    :raises tricircle.gateway.regions.RegionAway: none answers
    """
    kind = registry.BY_KEY[asked.route.key]
    owner = owner_of(kind, asked, asked.said[kind.key].get('user_id'))
    pod, made = _first(cloud, asked, _serving(cloud))
    if not made.is_fine:
        return of_one.told(cloud, asked, pod.region_name, made)
    fault_point.reach('gateway.mirror.made')
    try:
        with kinds.understood(pod.region_name):
            own_id = kind.own_id(made.json[kind.key])
    except kinds.NotSo as exc:
        raise faults.Fault(502, str(exc)) from exc
    there = _there(cloud, asked, kind, pod, own_id, owner)
    before = rows.find(kind.type, owner, own_id)
    mirror = mirrors.Mirror(
        kind.type,
        owner,
        own_id,
        there,
        incarnation=before.incarnation + 1 if before else 1,
    )
    if not rows.put(
        mirror,
        before.version if before else 0,
        _all(cloud),
        (
            pod.region_name,
            pod.pod_id,
            mirrors.Copy(own_id, mirror.incarnation),
        ),
    ):
        raise _changing(kind, own_id)
    outcome = _outcome(cloud, asked, mirror, pod)
    if outcome.refusals:
        gone = dataclasses.replace(mirror, is_deleted=True)
        version = (before.version if before else 0) + 1
        if rows.put(gone, version, _all(cloud)):
            jobs.now(cloud, gone, _all(cloud), asked.headers)
        return outcome.refused(cloud, asked)
    return outcome.told(cloud, asked, pod, made)


def change(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Change or remove what every region has.

    :raises tricircle.api.faults.Fault: a region that may have the last of it
        does not answer, or another has something else by that name
    """
    kind = registry.BY_KEY[asked.route.key]
    given = asked.arguments['id']
    owner = owner_of(kind, asked, asked.query.get('user_id'))
    mirror = rows.find(kind.type, owner, given)
    if mirror is None or mirror.is_deleted:
        mirror = _taken_up(cloud, asked, kind, owner, mirror)
    if mirror is None:
        # Nowhere: the region says so in its own words.
        pod, answer = _first(cloud, asked, _serving(cloud))
        return of_one.told(cloud, asked, pod.region_name, answer)
    pod, answer = _lead(cloud, asked, kind, mirror)
    is_removal = asked.method == 'DELETE' and not _below(kind, asked)
    is_gone = is_removal and answer.status == 404
    if not answer.is_fine and not is_gone:
        return of_one.told(cloud, asked, pod.region_name, answer)
    fault_point.reach('gateway.mirror.changed')
    changed = _written(cloud, asked, kind, mirror, pod, is_removal)
    outcome = _outcome(cloud, asked, changed, pod)
    if outcome.refusals:
        return outcome.refused(cloud, asked)
    return outcome.told(cloud, asked, pod, answer)


def owner_of(
    kind: kinds.Kind, asked: asking.Asked, named: object = None
) -> str:
    """Return whose it is: of key pairs the user that a request names."""
    if kind is not registry.BY_KEY['keypair']:
        return ''
    return named if isinstance(named, str) and named else asked.user_id


def _serving(cloud: asking.Cloud) -> list[placing.Pod]:
    pods = sorted(cloud.regions.pods(), key=lambda pod: pod.region_name)
    serving = [pod for pod in pods if not pod.away]
    if not serving and pods:
        raise regions.RegionAway(pods[0].region_name, pods[0].away)
    return serving


def _all(cloud: asking.Cloud) -> list[str]:
    return cloud.regions.expected()


def _first(
    cloud: asking.Cloud,
    asked: asking.Asked,
    pods: list[placing.Pod],
) -> tuple[placing.Pod, exchange.Answer]:
    """Have the first region that answers do what is asked.

    :raises tricircle.gateway.regions.RegionAway: none does, or it is not
        known whether one did it
    """
    failure: regions.RegionAway | None = None
    for pod in pods:
        try:
            return pod, cloud.regions.ask(pod.region_name, asked.question())
        except regions.NotThere:
            continue
        except regions.RegionAway as exc:
            if exc.may_be_done:
                raise
            failure = exc
    if failure is not None:
        raise failure
    raise faults.Fault(503, 'There is no region: create a pod for one')


def _there(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    pod: placing.Pod,
    own_id: str,
    owner: str,
) -> kinds.Document:
    """Return what a region has of what it has just changed.

    :raises tricircle.api.faults.Fault: it does not say
    """
    region = jobs.region_of(cloud, pod, asked.headers)
    try:
        with kinds.understood(pod.region_name):
            found = kind.read(region, own_id, owner)
    except kinds.NotSo as exc:
        raise faults.Fault(
            403,
            f'{kind.called} {own_id} is changed in {pod.region_name} alone: '
            f'who changes it has to see all of it ({exc})',
        ) from exc
    if found is None:
        raise faults.Fault(
            409, f'{kind.called} {own_id} is gone from {pod.region_name}'
        )
    return found


def _taken_up(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    owner: str,
    before: mirrors.Mirror | None,
) -> mirrors.Mirror | None:
    """Return what was made without the gateway, if all regions have it alike.

    :param before: what was there and is deleted
    :returns: None where no region has it
    :raises tricircle.api.faults.Fault: regions have different ones
    """
    given = asked.arguments['id']
    for pod in _serving(cloud):
        region = jobs.region_of(cloud, pod, asked.headers)
        try:
            with kinds.understood(pod.region_name):
                there = kind.read(region, given, owner)
        except (regions.RegionAway, kinds.NotSo):
            # Whether the caller may, the region says when it is asked to.
            continue
        if there is not None:
            break
    else:
        return None
    mirror = mirrors.Mirror(
        kind.type,
        owner,
        given,
        there,
        before.version if before else 0,
        before.incarnation + 1 if before else 1,
    )
    for one in _serving(cloud):
        step = bringing.Step(
            kind,
            mirror,
            jobs.region_of(cloud, one, asked.headers),
            None,
            functools.partial(rows.note_copy, mirror.id, one.pod_id),
            makes=False,
        )
        try:
            with kinds.understood(one.region_name):
                step.bring()
        except kinds.NotSo as exc:
            raise faults.Fault(409, str(exc)) from exc
        except regions.RegionAway:
            continue
    return mirror


def _lead(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    mirror: mirrors.Mirror,
) -> tuple[placing.Pod, exchange.Answer]:
    """Have a region that has the last of it do what is asked."""
    last: tuple[placing.Pod, exchange.Answer] | None = None
    for pod, own_id in _having(cloud, mirror):
        try:
            answer = cloud.regions.ask(
                pod.region_name, _for_region(kind, asked, own_id)
            )
        except regions.RegionAway as exc:
            if exc.may_be_done and mirror.version:
                # It is to have what is written down, whatever it has done.
                rows.again(mirror, [pod.region_name])
            if exc.may_be_done:
                raise
            continue
        last = pod, answer
        if answer.status != 404:
            break
    if last is None:
        raise faults.Fault(
            503,
            f'No region that answers has {kind.called} {mirror.name} as it '
            'was changed last: try again when one is back.',
        )
    return last


def _having(
    cloud: asking.Cloud, mirror: mirrors.Mirror
) -> Iterator[tuple[placing.Pod, str]]:
    """Yield the regions that have the last of something, with its ID."""
    behind = rows.behind([mirror.kind], mirror.id)
    copies = rows.copies(mirror.id)
    for pod in _serving(cloud):
        copy = copies.get(pod.pod_id)
        if copy and copy.own_id and pod.region_name not in behind:
            yield pod, copy.own_id


def _below(kind: kinds.Kind, asked: asking.Asked) -> str:
    """Return what of a path comes after the ID."""
    return asked.path.removeprefix(f'{kind.prefix}/').partition('/')[2]


def _for_region(
    kind: kinds.Kind, asked: asking.Asked, own_id: str
) -> exchange.Question:
    if own_id == asked.arguments['id']:
        return asked.question()
    below = _below(kind, asked)
    path = f'{kind.prefix}/{kinds.quoted(own_id)}'
    return asked.question(path=f'{path}/{below}' if below else path)


def _written(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    mirror: mirrors.Mirror,
    pod: placing.Pod,
    is_removal: bool,
) -> mirrors.Mirror:
    """Write down what a region has now, as what all are to have.

    Who comes in between has read what this request changed, or changed it
    after that: then it is read again.
    """
    expected = mirror.version
    copy = rows.copies(mirror.id)[pod.pod_id]
    for _try in range(_TRIES):
        changed = dataclasses.replace(
            mirror,
            is_deleted=is_removal,
            document=(
                mirror.document
                if is_removal
                else _there(cloud, asked, kind, pod, copy.own_id, mirror.owner)
            ),
        )
        if rows.put(
            changed,
            expected,
            _all(cloud),
            (pod.region_name, pod.pod_id, None if is_removal else copy),
        ):
            return changed
        latest = rows.get(mirror.id)
        expected = latest.version if latest else 0
    raise _changing(kind, mirror.name)


def _changing(kind: kinds.Kind, name: str) -> faults.Fault:
    return faults.Fault(
        409, f'Others are changing {kind.called} {name}: try again.'
    )


@dataclasses.dataclass(frozen=True)
class _Outcome:
    """What came of it in the other regions.

    :ivar refusals: why some cannot have it
    :ivar later: those that have it later
    """

    mirror: mirrors.Mirror
    refusals: Mapping[str, kinds.NotSo]
    later: list[str]

    def refused(
        self, cloud: asking.Cloud, asked: asking.Asked
    ) -> exchange.Answer:
        """Return the refusal of the first region."""
        name = min(self.refusals)
        refusal = self.refusals[name]
        if isinstance(refusal, kinds.Refused):
            return of_one.told(cloud, asked, name, refusal.answer)
        raise faults.Fault(409, str(refusal)) from refusal

    def told(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        pod: placing.Pod,
        answer: exchange.Answer,
    ) -> exchange.Answer:
        """Return what the region said that was asked first."""
        found = of_one.told(cloud, asked, pod.region_name, answer)
        headers = {**found.headers, **asking.missing(self.later)}
        return dataclasses.replace(found, headers=headers)


def _outcome(
    cloud: asking.Cloud,
    asked: asking.Asked,
    mirror: mirrors.Mirror,
    pod: placing.Pod,
) -> _Outcome:
    others = [name for name in _all(cloud) if name != pod.region_name]
    found = jobs.now(cloud, mirror, others, asked.headers)
    return _Outcome(
        mirror,
        {
            name: exc
            for name, exc in found.items()
            if isinstance(exc, kinds.NotSo)
        },
        [
            name
            for name, exc in found.items()
            if exc is not None and not isinstance(exc, kinds.NotSo)
        ],
    )
