# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Jobs of what all regions have alike: taken, carried out, and ended."""

from collections.abc import Collection, Mapping
import functools
from typing import Final

from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.conf import fault_point
from tricircle.db import owner
from tricircle.db.central.gateway import mirrors
from tricircle.db.central.job import entries
from tricircle.gateway import asked as asking
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.mirroring import bringing
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import registry
from tricircle.gateway.mirroring import rows
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.journal.job import Job

LOG = logging.getLogger(__name__)

#: Seconds for which a job is held: some questions to one region, none of
#: which takes longer than ``[gateway] list_timeout``.
_LEASE: Final = 300.0
#: Before a job that failed is tried again, the first time and at most.
_AGAIN: Final = 5.0
_AGAIN_LONGEST: Final = 600.0


class Busy(Exception):
    """Somebody else is at a job, or an operator has it wait."""


def region_of(
    cloud: asking.Cloud, pod: placing.Pod, headers: Mapping[str, str]
) -> kinds.Region:
    """Return a region that is asked with some headers."""
    return kinds.Region(
        pod.region_name,
        pod.pod_id,
        lambda question: cloud.regions.ask_as_it_is(
            pod.region_name, question, cloud.list_timeout
        ),
        headers,
    )


def now(
    cloud: asking.Cloud,
    mirror: mirrors.Mirror,
    names: Collection[str],
    headers: Mapping[str, str],
) -> dict[str, Exception | None]:
    """Carry out the jobs of one thing in some regions at once.

    :param headers: as whom regions are asked
    :returns: what is wrong, by region; None where nothing is. What is wrong
        in other ways than :class:`tricircle.gateway.mirroring.kinds.NotSo`
        is done later
    """
    pods = {pod.region_name: pod for pod in cloud.regions.pods()}

    def act(name: str) -> Exception | None:
        pod = pods[name]
        if pod.away:
            return regions.RegionAway(name, pod.away)
        key = entries.entry_id(mirror.kind, mirror.id, name)
        found = claims.claim_mirrored(
            name, owner.hold(), _LEASE, [mirror.kind], [key]
        )
        if not found:
            return Busy(name)
        return carry_out(found[0], region_of(cloud, pod, headers))

    done, away = cloud.regions.at_once(act, names)
    cloud.regions.ids_changed()
    return {**done, **away}


def key_for(
    cloud: asking.Cloud, asked: asking.Asked, region_name: str, name: str
) -> None:
    """Have a region have a key pair that a server there is to have.

    One that was away may not have it yet; somebody waits for it now.

    :raises tricircle.gateway.mirroring.kinds.NotSo: it cannot have it
    :raises tricircle.gateway.regions.RegionAway: it does not answer
    """
    kind = registry.BY_KEY['keypair'].type
    key = mirrors.mirror_id(kind, asked.user_id, name)
    if region_name not in rows.behind([kind], key):
        return
    mirror = rows.get(key)
    if mirror is None:
        return
    failure = now(cloud, mirror, [region_name], asked.headers)[region_name]
    if isinstance(failure, kinds.NotSo | regions.RegionAway):
        raise failure


def carry_out(job: Job, region: kinds.Region) -> Exception | None:
    """Carry out a job, and note how it ended; return why it was not done."""
    fault_point.reach('gateway.mirror.claimed')
    mirror = rows.get(job.resource_id)
    try:
        if mirror is None:
            job_ends.remove(job, lambda session: None)
            return None
        step = bringing.Step(
            registry.BY_TYPE[mirror.kind],
            mirror,
            region,
            rows.copies(mirror.id).get(region.pod_id),
            functools.partial(rows.note_copy, mirror.id, region.pod_id),
        )
        with kinds.understood(region.name):
            if mirror.is_deleted:
                step.take_away()
            else:
                step.bring()
        fault_point.reach('gateway.mirror.done')
        if mirror.is_deleted:
            rows.taken_away(job, mirror.version, region.pod_id)
        else:
            rows.brought(job)
    except (kinds.NotSo, regions.RegionAway) as exc:
        _failed(job, exc, str(exc))
        return exc
    LOG.info('%s: done', job)
    return None


def _failed(job: Job, exc: Exception, reason: str) -> None:
    if isinstance(exc, kinds.Refused) and exc.answer.status in (401, 403):
        reason += (
            '. What is brought later is brought as the user of [client], '
            'who needs the role admin there'
        )
    delay = back_off.seconds(job.attempts, _AGAIN, _AGAIN_LONGEST)
    LOG.warning('%s: %s', job, reason)
    job_ends.fail(job, reason, delay)
