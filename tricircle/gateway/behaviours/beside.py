# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The behaviour for what joins two resources: both are in one region."""

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import needs
from tricircle.gateway.behaviours import of_one


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Ask the region of a resource, if what it is to have is there too.

    :raises tricircle.api.faults.Fault: that is in another region, or nowhere
    """
    resource, resource_id = asked.route.resource, asked.arguments['id']
    region = cloud.homes.find(resource, resource_id, asked)
    for name, other in needs.beside(cloud, asked).items():
        if other != region:
            raise faults.Fault(
                400,
                f'{name} is in availability zone '
                f'{cloud.regions.zone(other)} ({other}), {resource} '
                f'{resource_id} in {cloud.regions.zone(region)} ({region}): '
                'they have to be in the same region',
            )
    return of_one.owner(cloud, asked)
