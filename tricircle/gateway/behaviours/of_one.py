# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Behaviours for what one region answers."""

from oslo_db import exception as db_exc

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.answer import rewriting
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows


def owner(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Ask the region that has the resource.

    :raises tricircle.api.faults.Fault: no region has it, or some of those
        that might do not answer
    """
    resource, resource_id = asked.route.resource, asked.arguments['id']
    region = cloud.homes.find(resource, resource_id, asked)
    found = cloud.regions.ask(region, asked.question())
    is_whole = asked.path.count('/') == 2
    is_gone = asked.method == 'DELETE' and found.is_fine
    # Where there is none it may be anywhere now: who asks next asks all.
    if is_whole and (is_gone or found.status == 404):
        cloud.homes.forget(resource, resource_id)
    return told(cloud, asked, region, found)


def accept(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Ask the region that has what another project offers.

    Who accepts may not see it: where it is not noted where it is, each
    region is asked to hand it over, one of which has it.

    :raises tricircle.api.faults.Fault: some that might have it do not answer
    """
    try:
        return owner(cloud, asked)
    except faults.Fault as exc:
        if exc.status != 404:
            raise
    found: exchange.Answer | None = None
    region = ''
    for region in cloud.regions.names():
        try:
            found = cloud.regions.ask(region, asked.question())
        except regions.NotThere:
            continue
        if found.status != 404:
            break
    if found is None:
        raise faults.Fault(503, 'There is no region: create a pod for one')
    return told(cloud, asked, region, found)


def told(
    cloud: asking.Cloud,
    asked: asking.Asked,
    region: str,
    found: exchange.Answer,
) -> exchange.Answer:
    """Return a region's answer as the client gets it."""
    return rewriting.for_client(
        found,
        cloud.regions.root(region),
        asked.root,
        cloud.service.zone_field,
        cloud.regions.zone(region),
    )


def reference(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Ask any region: the first by name that has all, and answers.

    :raises tricircle.gateway.regions.RegionAway: none does
    """
    failure: regions.RegionAway | None = None
    for region in complete_first(cloud):
        try:
            found = cloud.regions.ask(
                region, asked.question(), cloud.list_timeout
            )
        except regions.RegionAway as exc:
            failure = exc
            continue
        return told(cloud, asked, region, found)
    if failure is not None:
        raise failure
    raise faults.Fault(503, 'There is no region: create a pod for one')


def complete_first(cloud: asking.Cloud) -> list[str]:
    """Return the names of the regions, of those that lack something last."""
    names = cloud.regions.names()
    try:
        behind = rows.behind(registry.types_of(cloud))
    except db_exc.DBError:
        # What is there can be looked at without.
        return names
    return sorted(names, key=lambda name: (name in behind, name))


def refuse(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Say why it is not done here.

    :raises tricircle.api.faults.Fault: always
    """
    raise faults.Fault(501, f'Not through the gateway: {asked.route.reason}.')
