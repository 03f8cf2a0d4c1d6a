# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The pods of the lab, through the administrator API."""

from typing import Any

from keystoneauth1 import adapter

from lab import bootstrap
from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import waiting


def _api(admin: Any) -> Any:
    return adapter.Adapter(
        admin.session,
        service_type='tricircle',
        region_name=topologies.CENTRAL,
    )


def remove(lab: cloud.Lab, *regions: str) -> None:
    """Remove the pods of regions; of all and central when none is named.

    A pod that still has something in it is refused: what is on its way out
    gets the time that it needs.

    :raises AssertionError: when one stays
    """
    admin = administrator.at(lab, topologies.CENTRAL)
    api = _api(admin)

    def gone() -> None:
        for pod in api.get('/pods').json()['pods']:
            if not regions or pod['region_name'] in regions:
                answer = api.delete(f'/pods/{pod["pod_id"]}', raise_exc=False)
                assert answer.status_code < 300, answer.text

    waiting.eventually(gone)


def restore(lab: cloud.Lab) -> None:
    """Make those that are missing."""
    bootstrap.pods(lab.renderer)
