# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is written down of what all regions have, and a gateway at work."""

from typing import Any

import sqlalchemy as sa

from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway.mirroring import worker as workers

State = tuple[str | None, bool]


def states() -> dict[str, set[State]]:
    """Return why jobs failed and whether they wait, by region."""
    found: dict[str, set[State]] = {}
    with sessions.reader() as session:
        for row in session.scalars(sa.select(models.JournalEntry)):
            found.setdefault(row.region_name, set()).add(
                (row.reason, row.pending)
            )
    return found


def count() -> tuple[int, int]:
    """Return how many things there are, and how many copies."""
    with sessions.reader() as session:
        return (
            len(session.scalars(sa.select(models.Mirror)).all()),
            len(session.scalars(sa.select(models.MirrorCopy)).all()),
        )


def work(cloud: asking.Cloud, there: Any, *names: str) -> None:
    """Have a gateway look at the journal, when all is due."""
    with sessions.writer() as session:
        known = set(session.scalars(sa.select(models.Pod.pod_id)))
        for pod in there.pods():
            if pod.pod_id not in known:
                session.add(
                    models.Pod(
                        pod_id=pod.pod_id,
                        region_name=pod.region_name,
                        az_name=pod.az_name,
                    )
                )
    worker = workers.Worker(cloud, 1.0)
    worker.plan()
    with sessions.writer() as session:
        long_ago = sa.text("'2000-01-01 00:00:00.000000'")
        session.execute(
            sa.update(models.JournalEntry).values(next_try_at=long_ago)
        )
    for pod in there.pods():
        if not pod.away and pod.region_name in (names or there.names()):
            worker.work(pod)
