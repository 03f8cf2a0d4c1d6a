# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How it is noted that a job was not done."""

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.client import region as region_client
from tricircle.db import away
from tricircle.journal import job_ends
from tricircle.journal.job import Job
from tricircle.xjob import agenda
from tricircle.xjob.job import carry_out

LOG = logging.getLogger(__name__)


def overtake(job: Job, exc: region_client.RegionError) -> None:
    """Have the journal count on from what the region has, if it must."""
    if not isinstance(exc, region_client.ReplicaRefused):
        return
    # Of a document that comes with it another entry is behind, if any.
    if exc.later is None or exc.later[:2] != (
        job.resource_type,
        job.resource_id,
    ):
        return
    applied = exc.later.generation
    try:
        if job_ends.overtake(job, applied):
            LOG.warning(
                'The journal was behind %s, which has %s %s in generation '
                '%s: central lost the entry, or was restored',
                job.region_name,
                job.resource_type,
                job.resource_id,
                applied,
            )
    except Exception as exc:
        # The job fails, and is tried again.
        away.note(LOG, f'Job {job.id} could not overtake its region', exc)


def note(
    conf: cfg.ConfigOpts,
    alarm: agenda.Alarm,
    job: Job,
    exc: Exception,
) -> str:
    """Have a job tried again later, and return what is to be told of it.

    :param alarm: told when that is
    """
    delay = back_off.seconds(
        job.attempts,
        conf.retry_interval,
        conf.max_retry_interval,
    )
    if isinstance(exc, carry_out.NotReserved):
        delay = max(delay, exc.delay)
    elif isinstance(exc, region_client.CentralBusy):
        delay = max(delay, exc.retry_after)
    reason = (
        str(exc)
        if isinstance(exc, region_client.RegionError)
        else f'{type(exc).__name__}: {exc}'
    )
    try:
        job_ends.fail(job, reason, delay)
        alarm.within(delay)
    except Exception as lost:
        # Its lease runs out, then it is tried again.
        away.note(LOG, f'The failure of job {job.id} could not be noted', lost)
    return f'failed ({reason})'
