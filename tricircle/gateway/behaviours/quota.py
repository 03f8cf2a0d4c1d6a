# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Behaviours where one quota may count for the whole cloud.

Without it they are what they are elsewhere: placing, the owner's answer, the
sum of the regions'.
"""

from collections.abc import Mapping
from typing import Any, Final

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway.answer import adding
from tricircle.gateway.behaviours import of_all
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.behaviours import place as placing
from tricircle.gateway.quotas import amounts

#: Of what Nova tells as quotas and limits, what counts for the whole cloud:
#: the resource in Keystone, by both names of Nova's.
_OF_THE_CLOUD: Final = (
    (amounts.SERVERS, 'instances', 'maxTotalInstances'),
    (amounts.VCPU, 'cores', 'maxTotalCores'),
    (amounts.MEMORY, 'ram', 'maxTotalRAMSize'),
)
#: What a project has several of in each region; all else is of one server, of
#: one user or of one request.
_ADDED: Final = frozenset(
    {'fixed_ips', 'floating_ips', 'security_groups', 'server_groups'}
)
_SET: Final = (
    'Not through the gateway: quotas of the whole cloud are limits in '
    'Keystone. Set them with "openstack limit create" or "openstack limit '
    'set", those of all projects with "openstack registered limit set".'
)


def place(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Choose a region and have it make the resource, within the quota."""
    return asking.within(cloud, asked, lambda wish: placing.act(cloud, wish))


def owner(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Ask the region that has the resource, within the quota."""
    return asking.within(cloud, asked, lambda wish: of_one.owner(cloud, wish))


def limits(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Add what all regions answer; the limits are those of the cloud."""
    found = of_all.total(cloud, asked)
    if cloud.quota is None or not found.is_fine:
        return found
    project = asked.query.get('tenant_id') or asked.project_id
    counts = cloud.quota.limits(project).all
    body = found.json
    absolute = body['limits']['absolute']
    for resource, _quota, name in _OF_THE_CLOUD:
        absolute[name] = _told(resource, counts)
    return asking.answer(body, headers=_missing(found))


def quota_sets(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Tell a project's quotas: those of the cloud, and the regions' others.

    Who may see them, the regions say.

    :raises tricircle.api.faults.Fault: they are to be changed, or there is no
        quota of the cloud
    """
    if cloud.quota is None:
        return of_one.refuse(cloud, asked)
    _slash, _sets, project, *below = asked.path.split('/')
    if asked.method in ('PUT', 'DELETE') and not below:
        raise faults.Fault(501, _SET)
    if asked.method != 'GET' or below not in ([], ['detail'], ['defaults']):
        raise faults.Fault(404, 'The resource could not be found.')
    found = of_all.combined(
        cloud, asked, lambda said: _quota_set([*said.values()])
    )
    if not found.is_fine:
        return found
    known = cloud.quota.limits(project)
    counts = known.registered if below == ['defaults'] else known.all
    body = found.json
    for resource, name, _limit in _OF_THE_CLOUD:
        limit = _told(resource, counts)
        there = body['quota_set'].get(name)
        body['quota_set'][name] = (
            {**there, 'limit': limit} if isinstance(there, dict) else limit
        )
    return asking.answer(body, headers=_missing(found))


def _quota_set(said: list[Any]) -> dict[str, Any]:
    """Return the quotas of several regions as one."""
    every = adding.added(said)['quota_set']
    first = said[0]['quota_set']
    ours = {name for _resource, name, _limit in _OF_THE_CLOUD}
    return {
        'quota_set': {
            name: every[name] if name in _ADDED | ours else first[name]
            for name in first
        }
    }


def _told(resource: str, counts: Mapping[str, int]) -> int:
    """Return a limit as Nova tells it."""
    unset = 0 if resource == amounts.SERVERS else adding.UNLIMITED
    return counts.get(resource, unset)


def _missing(found: exchange.Answer) -> dict[str, str]:
    return {
        name: value
        for name, value in found.headers.items()
        if name == asking.MISSING
    }
