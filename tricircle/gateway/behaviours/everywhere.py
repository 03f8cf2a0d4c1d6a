# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The behaviour for what every region is to have: all of them, or none."""

import json
from urllib import parse

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.behaviours import of_one


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Make a key pair in all regions, or remove it from all.

    The first region makes it, or generates the key; the others get the
    public key of its answer. What was made is taken back where one region
    cannot: a server must not fail there for a key that a user has.

    :raises tricircle.api.faults.Fault: not all regions answer
    """
    away = [pod for pod in cloud.regions.pods() if pod.away]
    if away:
        raise faults.Fault(
            503,
            f'{away[0].region_name} {away[0].away}: key pairs are changed in '
            'all regions at once; try again when it is back',
        )
    if asked.method == 'DELETE':
        return _remove(cloud, asked)
    first, *others = cloud.regions.names()
    made = cloud.regions.ask(first, asked.question())
    if not made.is_fine:
        return of_one.told(cloud, asked, first, made)
    keypair = made.json['keypair']
    wish = {**asked.said['keypair'], 'public_key': keypair['public_key']}
    copy = asked.question(body=json.dumps({'keypair': wish}).encode())
    answers, failed = cloud.regions.ask_all(copy, cloud.list_timeout, others)
    refused = {name: one for name, one in answers.items() if not one.is_fine}
    if not failed and not refused:
        return of_one.told(cloud, asked, first, made)
    _take_back(
        cloud, asked, [first, *(set(others) - set(refused))], keypair['name']
    )
    if refused:
        name = min(refused)
        return of_one.told(cloud, asked, name, refused[name])
    raise _not_all(failed)


def _remove(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    answers, failed = cloud.regions.ask_all(
        asked.question(), cloud.list_timeout
    )
    if failed:
        raise _not_all(failed)
    # Gone already in some of them is what it is to be in all.
    best = min(answers, key=lambda name: (not answers[name].is_fine, name))
    return of_one.told(cloud, asked, best, answers[best])


def _take_back(
    cloud: asking.Cloud, asked: asking.Asked, names: list[str], keypair: str
) -> None:
    cloud.regions.ask_all(
        asked.question(
            method='DELETE',
            path=f'{asked.path}/{parse.quote(keypair, safe="")}',
            body=b'',
        ),
        cloud.list_timeout,
        names,
    )


def _not_all(failed: dict[str, regions.RegionAway]) -> faults.Fault:
    return faults.Fault(
        503,
        f'{failed[min(failed)]}. Key pairs are changed in all regions at '
        'once; try again when it is back.',
    )
