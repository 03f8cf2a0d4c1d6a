# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a thread knows of a row of the ledger that it holds."""

import dataclasses
import time
import weakref

from sqlalchemy import orm


@dataclasses.dataclass
class Standing:
    """What a thread knows of the row that it holds.

    :ivar state: of the row; None when there is no row
    :ivar renewed: when the lease was written last, by time.monotonic()
    :ivar looked: the session that has the row locked
    """

    state: str | None = None
    renewed: float = dataclasses.field(
        default_factory=lambda: time.monotonic()
    )
    looked: weakref.ref[orm.Session] | None = None

    @property
    def is_locked(self) -> bool:
        """Whether a transaction of the thread's is keeping the row."""
        session = self.looked() if self.looked is not None else None
        return session is not None and session.in_transaction()
