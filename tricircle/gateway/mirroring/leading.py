# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One region does what is asked, and what it then has is written down."""

from collections.abc import Iterator, Mapping
import dataclasses
from typing import Final

from tricircle.api import faults
from tricircle.db.central.gateway import mirrors
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.mirroring import bringing
from tricircle.gateway.mirroring import jobs
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows

#: How often what others change meanwhile is read again.
_TRIES: Final = 10


@dataclasses.dataclass(frozen=True)
class Subject:
    """What a request changes.

    :ivar copies: what is ours of it, by pod
    :ivar is_new: whether it was made without the gateway: nothing is written
        down of it before a region has done what is asked
    """

    mirror: mirrors.Mirror
    copies: Mapping[str, mirrors.Copy]
    is_new: bool = False

    @property
    def kind(self) -> kinds.Kind:
        """Its kind."""
        return registry.BY_TYPE[self.mirror.kind]


def of(mirror: mirrors.Mirror) -> Subject:
    """Return what is written down already."""
    return Subject(mirror, rows.copies(mirror.id))


def known(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    owner: str,
    given: str,
) -> Subject | None:
    """Return what is to be changed; None of nothing.

    What was made without the gateway is taken up, if it is alike in all
    regions that have it.

    :param given: what the client calls it
    :raises tricircle.api.faults.Fault: regions have different ones
    """
    before = rows.find(kind.type, owner, given)
    if before is not None and not before.is_deleted:
        return of(before)
    there = _somewhere(cloud, asked, kind, owner, given)
    if there is None:
        return None
    mirror = mirrors.Mirror(
        kind.type,
        owner,
        given,
        there,
        before.version if before else 0,
        before.incarnation + 1 if before else 1,
    )
    copies: dict[str, mirrors.Copy] = {}
    for pod in serving(cloud):

        def note(copy: mirrors.Copy, pod_id: str = pod.pod_id) -> None:
            copies[pod_id] = copy

        step = bringing.Step(
            kind,
            mirror,
            jobs.region_of(cloud, pod, asked.headers),
            None,
            note,
            makes=False,
        )
        try:
            with kinds.understood(pod.region_name):
                step.bring()
        except kinds.NotSo as exc:
            raise faults.Fault(409, str(exc)) from exc
        except regions.RegionAway:
            continue
    return Subject(mirror, copies, is_new=True)


def _somewhere(
    cloud: asking.Cloud,
    asked: asking.Asked,
    kind: kinds.Kind,
    owner: str,
    given: str,
) -> kinds.Document | None:
    """Return what the first region has that has one of a name."""
    for pod in serving(cloud):
        region = jobs.region_of(cloud, pod, asked.headers)
        try:
            with kinds.understood(pod.region_name):
                there = kind.read(region, given, owner)
        except (regions.RegionAway, kinds.NotSo):
            # Whether the caller may, the region says when it is asked to.
            continue
        if there is not None:
            return there
    return None


def serving(cloud: asking.Cloud) -> list[placing.Pod]:
    """Return the regions that may answer, by name.

    :raises tricircle.gateway.regions.RegionAway: all are away
    """
    pods = sorted(cloud.regions.pods(), key=lambda pod: pod.region_name)
    found = [pod for pod in pods if not pod.away]
    if not found and pods:
        raise regions.RegionAway(pods[0].region_name, pods[0].away)
    return found


def first(
    cloud: asking.Cloud, asked: asking.Asked
) -> tuple[placing.Pod, exchange.Answer]:
    """Have the first region that answers do what is asked.

    :raises tricircle.gateway.regions.RegionAway: none does, or it is not
        known whether one did it
    """
    failure: regions.RegionAway | None = None
    for pod in serving(cloud):
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


def lead(
    cloud: asking.Cloud, asked: asking.Asked, subjects: list[Subject]
) -> tuple[placing.Pod, exchange.Answer]:
    """Have a region that has the last of some things do what is asked.

    :raises tricircle.api.faults.Fault: none of those that answer has
    :raises tricircle.gateway.regions.RegionAway: it is not known whether one
        did it; what was there before comes back
    """
    last: tuple[placing.Pod, exchange.Answer] | None = None
    for pod in _having(cloud, subjects):
        try:
            answer = cloud.regions.ask(pod.region_name, asked.question())
        except regions.RegionAway as exc:
            if not exc.may_be_done:
                continue
            for one in subjects:
                if not one.is_new:
                    rows.again(one.mirror, [pod.region_name])
            raise
        last = pod, answer
        if answer.status != 404:
            break
    if last is None:
        called = ' and '.join(
            f'{one.kind.called} {one.mirror.name}' for one in subjects
        )
        raise faults.Fault(
            503,
            f'No region that answers has {called} as changed last: try again '
            'when one is back.',
        )
    return last


def _having(
    cloud: asking.Cloud, subjects: list[Subject]
) -> Iterator[placing.Pod]:
    """Yield the regions that have the last of all of some things."""
    behind = set().union(
        *(rows.behind([one.mirror.kind], one.mirror.id) for one in subjects)
    )
    for pod in serving(cloud):
        if pod.region_name not in behind and all(
            pod.pod_id in one.copies and one.copies[pod.pod_id].own_id
            for one in subjects
        ):
            yield pod


def read(
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


def written(
    cloud: asking.Cloud,
    asked: asking.Asked,
    subject: Subject,
    pod: placing.Pod,
    is_removal: bool = False,
) -> mirrors.Mirror:
    """Write down what a region has now, as what all are to have.

    Who comes in between has read what this request changed, or changed it
    after that: then it is read again.

    :raises tricircle.api.faults.Fault: that goes on
    """
    mirror, kind = subject.mirror, subject.kind
    expected = mirror.version
    own_id = subject.copies[pod.pod_id].own_id
    copies = dict(subject.copies) if subject.is_new else {}
    for _try in range(_TRIES):
        changed = dataclasses.replace(
            mirror,
            is_deleted=is_removal,
            document=(
                mirror.document
                if is_removal
                else read(cloud, asked, kind, pod, own_id, mirror.owner)
            ),
        )
        if rows.put(
            changed,
            expected,
            cloud.regions.expected(),
            copies,
            rows.Done(pod.region_name, pod.pod_id),
        ):
            return changed
        latest = rows.get(mirror.id)
        expected = latest.version if latest else 0
    raise changing(kind, mirror.name)


def changing(kind: kinds.Kind, name: str) -> faults.Fault:
    """Return the refusal of what others change all the time."""
    return faults.Fault(
        409, f'Others are changing {kind.called} {name}: try again.'
    )
