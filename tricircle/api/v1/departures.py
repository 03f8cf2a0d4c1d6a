# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/pods/{pod_id}/departure``: a region leaves, or is lost."""

from typing import Any

from oslo_config import cfg

from tricircle.api import faults
from tricircle.api.v1 import pods
from tricircle.db.central.pod import departures


def failure(oldest: departures.Failure | None) -> dict[str, Any] | None:
    """Return the job that has been failing for longest, None without one."""
    if oldest is None:
        return None
    return {
        'type': oldest.resource_type,
        'id': oldest.resource_id,
        'reason': oldest.reason,
        'attempts': oldest.attempts,
    }


def _shown(found: departures.Progress) -> dict[str, Any]:
    return {
        'departure': {
            'pod_id': found.pod.pod_id,
            'region_name': found.pod.region_name,
            'state': found.pod.state,
            'forced': bool(found.pod.forced),
            'delete': bool(found.pod.ends),
            'remaining': found.remaining,
            'held_ports': found.held_ports,
            'ports_in_use': found.in_use,
            'jobs': found.jobs,
            'failed_jobs': found.failing,
            'oldest_failure': failure(found.oldest),
        }
    }


def show(conf: cfg.ConfigOpts, pod_id: str) -> dict[str, Any]:
    """Tell what is left of a region, whether it leaves or not."""
    return pods.run(departures.progress, _shown, pod_id)


def begin(
    conf: cfg.ConfigOpts, pod_id: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Have a region leave, or say that it is lost; safe to repeat."""
    wanted = body['departure']
    if wanted['how'] == 'drain':
        if not wanted.get('delete', True):
            raise faults.Fault(
                400, 'departure.delete: a pod that was drained is deleted'
            )
        return pods.run(
            departures.drain, _shown, pod_id, wanted.get('force', False)
        )
    if 'force' in wanted:
        raise faults.Fault(
            400, 'departure.force: a region that is lost is not asked'
        )
    return pods.run(
        departures.give_up, _shown, pod_id, wanted.get('delete', False)
    )


def stop(conf: cfg.ConfigOpts, pod_id: str) -> dict[str, Any]:
    """Serve a region again that was leaving."""
    return pods.run(departures.stop, _shown, pod_id)
