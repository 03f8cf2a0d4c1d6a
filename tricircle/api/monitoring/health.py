# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What ``/healthcheck`` looks at, where operators want it to."""

from typing import Any, Final

from oslo_middleware.healthcheck import pluginbase
import sqlalchemy as sa

from tricircle.api.monitoring import kept
from tricircle.db import session as sessions

_AWAY: Final = 'The database does not answer'


def _read() -> None:
    with sessions.reader() as session:
        session.scalar(sa.select(sa.literal(1)))


class DatabaseHealth(pluginbase.HealthcheckBaseExtension):
    """Whether the API can do what it is asked: it keeps nothing itself."""

    def __init__(self, oslo_conf: Any, conf: dict[str, Any]) -> None:
        super().__init__(oslo_conf, conf)
        self._kept = kept.Kept('The database', _read)

    def healthcheck(self, server_port: int) -> pluginbase.HealthcheckResult:
        """Return whether the database answers."""
        if self._kept.get() is not None:
            return pluginbase.HealthcheckResult(True, 'OK')
        return pluginbase.HealthcheckResult(False, _AWAY)
