# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The regions that a gateway may place something in, as central has them."""

from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.pod import pods
from tricircle.gateway import placing


def read() -> list[placing.Pod]:
    """Return those that have an availability zone, away or not."""
    with sessions.reader() as session:
        return [
            placing.Pod(
                pod.region_name,
                pod.az_name,
                pod.pod_az_name or '',
                '' if _serves(pod) else f'is {pod.state}',
                pod.pod_id,
                pod.created_at,
                _affinity(pod),
            )
            for pod in pods.find(session, {})
            if pod.az_name
        ]


def _affinity(pod: central_models.Pod) -> tuple[str, str] | None:
    key, equals, value = pod.resource_affinity.partition('=')
    return (key, value) if equals else None


def _serves(pod: central_models.Pod) -> bool:
    return pod.state == central_models.PodState.ACTIVE
