# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Behaviours for what every region is to have: all of them, or none."""

from collections.abc import Mapping
import dataclasses
import json
from typing import Final
from urllib import parse

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.behaviours import of_one


@dataclasses.dataclass(frozen=True)
class _Copied:
    """What the first region makes and the others get a copy of.

    :ivar called: in errors
    :ivar name: field that stands in its path
    :ivar field: what the first region may have made up, and others are told
    """

    called: str
    name: str
    field: str


_COPIED: Final[Mapping[str, _Copied]] = {
    'flavor': _Copied('Flavors', 'id', 'id'),
    'keypair': _Copied('Key pairs', 'name', 'public_key'),
}
#: What a region says that has it already, or has it no more.
_SO_ALREADY: Final = (404, 409)


def make(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Make a key pair or a flavor in all regions.

    The first region makes it, with the key or the ID that it generates; the
    others get that of its answer. What was made is taken back where one region
    cannot: a server must not fail there for what a user has.

    :raises tricircle.api.faults.Fault: not all regions answer
    """
    kind = _COPIED[asked.route.key]
    _need_all(cloud, kind.called)
    first, *others = cloud.regions.names()
    made = cloud.regions.ask(first, asked.question())
    if not made.is_fine:
        return of_one.told(cloud, asked, first, made)
    told = made.json[asked.route.key]
    wish = {**asked.said[asked.route.key], kind.field: told[kind.field]}
    copy = asked.question(body=json.dumps({asked.route.key: wish}).encode())
    answers, failed = cloud.regions.ask_all(copy, cloud.list_timeout, others)
    refused = {name: one for name, one in answers.items() if not one.is_fine}
    if not failed and not refused:
        return of_one.told(cloud, asked, first, made)
    there = [first, *(set(others) - set(refused))]
    _take_back(cloud, asked, there, str(told[kind.name]))
    if refused:
        name = min(refused)
        return of_one.told(cloud, asked, name, refused[name])
    raise _not_all(kind.called, failed)


def change(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Change or remove what every region has, in all of them.

    Where one does not answer some may have changed it: the same request once
    more changes the others, so what is so already in some of them is no
    refusal.

    :raises tricircle.api.faults.Fault: not all regions answer
    """
    called = _COPIED[asked.route.key].called
    _need_all(cloud, called)
    answers, failed = cloud.regions.ask_all(
        asked.question(), cloud.list_timeout
    )
    if failed:
        raise _not_all(called, failed)

    def weight(name: str) -> tuple[int, str]:
        answer = answers[name]
        if answer.is_fine:
            return 1, name
        return (2 if answer.status in _SO_ALREADY else 0), name

    worst = min(answers, key=weight)
    return of_one.told(cloud, asked, worst, answers[worst])


def _need_all(cloud: asking.Cloud, called: str) -> None:
    away = [pod for pod in cloud.regions.pods() if pod.away]
    if away:
        raise faults.Fault(
            503,
            f'{away[0].region_name} {away[0].away}: {called.lower()} are '
            'changed in all regions at once; try again when it is back',
        )


def _take_back(
    cloud: asking.Cloud, asked: asking.Asked, names: list[str], one: str
) -> None:
    cloud.regions.ask_all(
        asked.question(
            method='DELETE',
            path=f'{asked.path}/{parse.quote(one, safe="")}',
            body=b'',
        ),
        cloud.list_timeout,
        names,
    )


def _not_all(
    called: str, failed: dict[str, regions.RegionAway]
) -> faults.Fault:
    return faults.Fault(
        503,
        f'{failed[min(failed)]}. {called} are changed in all regions at '
        'once; try again when it is back.',
    )
