# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network over both regions, an instance in each, and their shadows."""

from typing import Any

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually


def stretched(cloud: clouds.Cloud, project: str, **attributes: Any) -> Any:
    """Make a network with a subnet in central."""
    central = cloud.central.client(project=project)
    network = central.create_network(name='stretched', **attributes)
    central.create_subnet(network['id'], cidr='10.20.0.0/24')
    return network


def boot_in_both(
    cloud: clouds.Cloud, project: str, network_id: str
) -> tuple[clouds.Instance, clouds.Instance]:
    """Boot an instance in RegionOne and one in RegionTwo."""
    return (
        cloud.one.nova(project).boot(network_id=network_id),
        cloud.two.nova(project).boot(network_id=network_id),
    )


def await_shadow(
    region: clouds.Region, network_id: str, port_id: str
) -> dict[str, Any]:
    """Wait until a port has its shadow up in a region."""

    def look() -> dict[str, Any]:
        assert port_id in views.active_shadows(region, network_id)
        found: dict[str, Any] = views.shadows(region, network_id)[port_id]
        return found

    return eventually(look, 20)
