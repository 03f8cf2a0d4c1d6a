# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Telling central at once what this region cannot have of what it pulled.

What central pushes it is answered. What a request of a user has pulled, it
would take for done until it looks after it.
"""

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import durations
from tricircle.local.engine import refusals
from tricircle.local.process import region
from tricircle.replica import messages
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

#: What is no matter of the document: another try may find it otherwise.
_PASSING = (
    refusals.ReplicaBusy,
    refusals.ReplicaOutdated,
    refusals.ReplicaDeleted,
)


class Teller:
    """Tells central; one for a plugin.

    :param conf: the region's configuration
    :param client: central
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: central.CentralClient
    ) -> None:
        self._conf = conf
        self._client = client

    def tell(self, document: Document, exc: Exception) -> None:
        """Tell why a document was refused; without central, go on."""
        if isinstance(exc, _PASSING):
            return
        try:
            self._client.refused(
                document.type,
                document.id,
                region.name(self._conf),
                messages.RefusedBody(
                    epoch=document.generation.epoch,
                    counter=document.generation.counter,
                    reason=refusals.cause(exc),
                ),
                timeout=durations.REFUSAL_TOLD,
            )
        except central_errors.CentralError as error:
            LOG.debug(
                'Central was not told why %s %s is refused: %s',
                document.type,
                document.id,
                error,
            )
