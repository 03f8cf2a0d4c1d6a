# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A job: an entry of the journal that a process holds."""

import dataclasses
from typing import cast, Final

import sqlalchemy as sa

from tricircle.db import session as sessions
from tricircle.db import work_queue
from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.replica.document import Generation

JOURNAL: Final = cast(sa.Table, central_models.JournalEntry.__table__)


@dataclasses.dataclass(frozen=True)
class Job:
    """An entry that this process holds.

    :ivar generation: what was wanted when it was claimed
    """

    id: str
    resource_type: str
    resource_id: str
    region_name: str
    generation: Generation
    attempts: int
    owner: str

    def __str__(self) -> str:
        """Return what the line in the log begins with."""
        return (
            f'{self.resource_type} {self.resource_id} in {self.region_name}, '
            f'counter {self.counter}'
        )

    @property
    def key(self) -> work_queue.Key:
        """What the entry is found by."""
        return (self.id,)

    @property
    def counter(self) -> int:
        """What was wanted when it was claimed."""
        return self.generation.counter


#: The entries of the journal.
QUEUE: Final = work_queue.Queue(
    JOURNAL,
    sessions.reader,
    sessions.writer,
    (
        JOURNAL.c.resource_type,
        JOURNAL.c.resource_id,
        JOURNAL.c.counter,
        JOURNAL.c.attempts,
        intent.current_epoch().label('epoch'),
    ),
    intent.WAITS,
)
