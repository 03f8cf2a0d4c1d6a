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

from collections.abc import Mapping
import dataclasses
from typing import Final

import webob.multidict

from tricircle.api import faults
from tricircle.conf import fault_point
from tricircle.db.central.gateway import mirrors
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.mirroring import jobs
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import leading
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows

_QOS: Final = registry.BY_KEY['qos_specs']
_TYPE: Final = registry.BY_KEY['volume_type']
_DEFAULT: Final = registry.BY_KEY['default_type']
_KEYPAIR: Final = registry.BY_KEY['keypair']


def make(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Make something in all regions.

    Where one that answers refuses it, it is in none.

    :raises tricircle.api.faults.Fault: a region has another by that name
    :raises tricircle.gateway.regions.RegionAway: none answers
    """
    kind = registry.BY_KEY[asked.route.key]
    owner = _owner(kind, asked, asked.said[kind.key].get('user_id'))
    # The database is needed afterwards: nothing is made while it is away.
    rows.behind([kind.type])
    pod, made = leading.first(cloud, asked)
    if not made.is_fine:
        return of_one.told(cloud, asked, pod.region_name, made)
    fault_point.reach('gateway.mirror.made')
    own_id = _own_id(kind, pod, made)
    there = leading.read(cloud, asked, kind, pod, own_id, owner)
    before = rows.find(kind.type, owner, own_id)
    version = before.version if before else 0
    incarnation = before.incarnation + 1 if before else 1
    mirror = mirrors.Mirror(
        kind.type, owner, own_id, there, version, incarnation
    )
    everywhere = cloud.regions.expected()
    if not rows.put(
        mirror,
        version,
        everywhere,
        {pod.pod_id: mirrors.Copy(own_id, incarnation)},
        rows.Done(pod.region_name, pod.pod_id),
    ):
        raise leading.changing(kind, own_id)
    outcome = _outcome(cloud, asked, mirror, pod)
    if outcome.refusals:
        gone = dataclasses.replace(mirror, is_deleted=True)
        if rows.put(gone, version + 1, everywhere):
            jobs.now(cloud, gone, everywhere, asked.headers)
    return outcome.told(cloud, asked, pod, made)


def _own_id(kind: kinds.Kind, pod: placing.Pod, made: exchange.Answer) -> str:
    try:
        with kinds.understood(pod.region_name):
            return kind.own_id(made.json[kind.key])
    except kinds.NotSo as exc:
        raise faults.Fault(502, str(exc)) from exc


def change(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Change or remove what every region has.

    :raises tricircle.api.faults.Fault: a region that may have the last of it
        does not answer, or another has something else by that name
    """
    kind = registry.BY_KEY[asked.route.key]
    given = asked.arguments['id']
    owner = _owner(kind, asked, asked.query.get('user_id'))
    subject = leading.known(cloud, asked, kind, owner, given)
    if subject is None:
        if asked.method == 'PUT' and kind is _DEFAULT:
            return make(cloud, asked)
        return _nowhere(cloud, asked)
    asked = _by_names(asked, {given: subject.mirror.name})
    pod, answer = leading.lead(cloud, asked, [subject])
    is_removal = asked.method == 'DELETE' and not _below(kind, asked)
    is_gone = is_removal and answer.status == 404
    if not answer.is_fine and not is_gone:
        return of_one.told(cloud, asked, pod.region_name, answer)
    fault_point.reach('gateway.mirror.changed')
    outcome = _NOTHING
    if is_removal and kind is _QOS:
        outcome = _of_types(cloud, asked, pod, _with_qos(subject.mirror))
    changed = leading.written(cloud, asked, subject, pod, is_removal)
    outcome = outcome.and_also(_outcome(cloud, asked, changed, pod))
    return outcome.told(cloud, asked, pod, answer)


def associate(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Give types their QoS specifications, or take them away.

    That is a change of the types: what a type has, it says itself.

    :raises tricircle.api.faults.Fault: as :func:`change`
    """
    given = asked.arguments['id']
    type_id = asked.query.get('vol_type_id')
    qos = leading.known(cloud, asked, _QOS, '', given)
    if qos is None:
        return _nowhere(cloud, asked)
    if type_id is None:
        types = _with_qos(qos.mirror)
    else:
        one = leading.known(cloud, asked, _TYPE, '', type_id)
        if one is None:
            return _nowhere(cloud, asked)
        types = [one]
        asked = _by_names(asked, {type_id: one.mirror.name})
    asked = _by_names(asked, {given: qos.mirror.name})
    pod, answer = leading.lead(cloud, asked, [qos, *types])
    if not answer.is_fine:
        return of_one.told(cloud, asked, pod.region_name, answer)
    fault_point.reach('gateway.mirror.changed')
    if qos.is_new:
        leading.written(cloud, asked, qos, pod)
    outcome = _of_types(cloud, asked, pod, types)
    return outcome.told(cloud, asked, pod, answer)


def show(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Show one of what all regions have: any that has it answers.

    :raises tricircle.api.faults.Fault: none has it
    :raises tricircle.gateway.regions.RegionAway: one that might does not
        answer
    """
    failure: regions.RegionAway | None = None
    for name in of_one.complete_first(cloud):
        try:
            found = cloud.regions.ask(
                name, asked.question(), cloud.list_timeout
            )
        except regions.NotThere:
            continue
        except regions.RegionAway as exc:
            failure = exc
            continue
        if found.status != 404:
            return of_one.told(cloud, asked, name, found)
    if failure is not None:
        raise failure
    nothing = cloud.service.kinds[asked.route.resource].nothing
    raise faults.Fault(404, nothing.format(asked.arguments['id']))


def _owner(kind: kinds.Kind, asked: asking.Asked, named: object) -> str:
    """Return whose it is: of key pairs the user that a request names."""
    if kind is not _KEYPAIR:
        return ''
    return named if isinstance(named, str) and named else asked.user_id


def _with_qos(qos: mirrors.Mirror) -> list[leading.Subject]:
    """Return the types that have some QoS specifications."""
    return [
        leading.of(one)
        for one in rows.of_kind(_TYPE.type)
        if one.document['qos'] == qos.document['name']
    ]


def _nowhere(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Have a region say in its own words that there is no such thing."""
    pod, answer = leading.first(cloud, asked)
    return of_one.told(cloud, asked, pod.region_name, answer)


def _by_names(asked: asking.Asked, names: Mapping[str, str]) -> asking.Asked:
    """Return a request that calls things as clients do, not as regions."""
    if all(given == name for given, name in names.items()):
        return asked
    query: webob.multidict.MultiDict[str, str] = webob.multidict.MultiDict()
    for key, value in asked.query.items():
        query.add(key, names.get(value, value))
    return dataclasses.replace(
        asked,
        path='/'.join(names.get(one, one) for one in asked.path.split('/')),
        query=query,
    )


def _below(kind: kinds.Kind, asked: asking.Asked) -> str:
    """Return what of a path comes after the ID."""
    return asked.path.removeprefix(f'{kind.prefix}/').partition('/')[2]


@dataclasses.dataclass(frozen=True)
class _Outcome:
    """What came of it in the other regions.

    :ivar refusals: why some cannot have it
    :ivar later: those that have it later
    """

    refusals: Mapping[str, kinds.NotSo]
    later: frozenset[str]

    def and_also(self, other: '_Outcome') -> '_Outcome':
        """Return what came of both."""
        return _Outcome(
            {**other.refusals, **self.refusals}, self.later | other.later
        )

    def told(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        pod: placing.Pod,
        answer: exchange.Answer,
    ) -> exchange.Answer:
        """Return what the region said that was asked first, or a refusal.

        :raises tricircle.api.faults.Fault: a region has another
        """
        if self.refusals:
            name = min(self.refusals)
            refusal = self.refusals[name]
            if isinstance(refusal, kinds.Refused):
                return of_one.told(cloud, asked, name, refusal.answer)
            raise faults.Fault(409, str(refusal)) from refusal
        found = of_one.told(cloud, asked, pod.region_name, answer)
        headers = {**found.headers, **asking.missing(self.later)}
        return dataclasses.replace(found, headers=headers)


_NOTHING: Final = _Outcome({}, frozenset())


def _of_types(
    cloud: asking.Cloud,
    asked: asking.Asked,
    pod: placing.Pod,
    types: list[leading.Subject],
) -> _Outcome:
    """Have all regions have volume types as one has them now."""
    outcome = _NOTHING
    for one in types:
        changed = leading.written(cloud, asked, one, pod)
        outcome = outcome.and_also(_outcome(cloud, asked, changed, pod))
    return outcome


def _outcome(
    cloud: asking.Cloud,
    asked: asking.Asked,
    mirror: mirrors.Mirror,
    pod: placing.Pod,
) -> _Outcome:
    others = [
        name for name in cloud.regions.expected() if name != pod.region_name
    ]
    found = jobs.now(cloud, mirror, others, asked.headers)
    refusals = {
        name: exc
        for name, exc in found.items()
        if isinstance(exc, kinds.NotSo)
    }
    return _Outcome(
        refusals,
        frozenset(
            name
            for name, exc in found.items()
            if exc is not None and name not in refusals
        ),
    )
