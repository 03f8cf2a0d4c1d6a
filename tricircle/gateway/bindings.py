# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which pods projects are bound to, as placing keeps it.

A preference: nothing that is placed fails for it.
"""

from collections.abc import Mapping

from oslo_db import exception as db_exc
from oslo_log import log as logging

from tricircle.db import session as sessions
from tricircle.db.central import bindings as db_bindings
from tricircle.db.central import refusals
from tricircle.gateway import placing

LOG = logging.getLogger(__name__)


class Bindings:
    """The bindings of projects."""

    def standing(self, project_id: str) -> Mapping[str, str]:
        """Return the IDs of the pods of a project, by their zones."""
        with sessions.reader() as session:
            return db_bindings.standing(session, project_id)

    def place(
        self, project_id: str, pod: placing.Pod, unfit: Mapping[str, str]
    ) -> None:
        """Bind a project to the pod with which something was placed.

        :param unfit: why other pods take nothing now, by region
        """

        def bind() -> None:
            with sessions.writer() as session:
                db_bindings.place(
                    session,
                    project_id,
                    db_bindings.Place(
                        pod.pod_id, pod.region_name, pod.az_name
                    ),
                    unfit,
                )

        try:
            sessions.retry(bind)()
        except refusals.Conflict:
            # Somebody else was faster, and what they bound stands.
            pass
        except db_exc.DBError as exc:
            LOG.warning(
                'It is not noted that project %s is bound to %s (%s)',
                project_id,
                pod.region_name,
                type(exc).__name__,
            )
