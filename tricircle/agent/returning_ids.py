# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""IDs that come back: what a region deletes may be there again later.

The cache of Neutron's agents takes deletions for final, and ignores for as
long as the agent runs what comes with the ID of something deleted
(``neutron.agent.resource_cache``, ``record_resource_delete``). Of a region's
own resources that is true. But a port of another region is here as a shadow
port, with its own ID; when its tenant boots it here, the shadow port goes and
the port itself comes. The agent would leave it without network. A region that
left and joins again gets all that it had.
"""

import threading
import time
from typing import Any

from neutron.agent import rpc
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

#: All that an L2 agent keeps: central gives its IDs to each of these. One
#: address group that stays away is enough to keep the agent from setting up
#: any port of its host.
RESOURCES = tuple(rpc.CacheBackedPluginApi.RESOURCE_TYPES)
#: How long a message about the time before the deletion may be on its way,
#: in seconds.
_LATE = 120.0


class ReturningIds:
    """Lets the cache of an agent take IDs that it has seen deleted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: When resources were deleted, by type and ID.
        self._deleted: dict[tuple[str, str], float] = {}

    def start(self) -> None:
        """Follow what the agent's cache is told from now on."""
        for resource in RESOURCES:
            registry.subscribe(
                self._deleted_now, resource, events.AFTER_DELETE
            )
            registry.subscribe(self._there, resource, events.AFTER_UPDATE)

    def stop(self) -> None:
        """Leave the cache to itself."""
        for resource in RESOURCES:
            registry.unsubscribe(
                self._deleted_now, resource, events.AFTER_DELETE
            )
            registry.unsubscribe(self._there, resource, events.AFTER_UPDATE)

    def _deleted_now(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        """Have the cache forget that an ID was deleted."""
        now = time.monotonic()
        with self._lock:
            self._deleted = {
                key: since
                for key, since in self._deleted.items()
                if now - since < _LATE
            }
            self._deleted[resource, payload.resource_id] = now
        trigger._deleted_ids_by_type[resource].discard(payload.resource_id)
        # It also forgets that it asked for it before.
        trigger.record_resource_remove(resource, payload.resource_id)

    def _there(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        """Ask whether something is back that was deleted just now.

        A message from before the deletion that arrives after it is the
        reason for which Neutron takes deletions for final.
        """
        with self._lock:
            since = self._deleted.pop((resource, payload.resource_id), None)
        if since is None or time.monotonic() - since > _LATE:
            return
        try:
            # Not pull(): Neutron answers that only for what a service plugin
            # provides, which these are not.
            found = trigger._puller.bulk_pull(
                payload.context,
                resource,
                filter_kwargs={'id': (payload.resource_id,)},
            )
        except Exception:
            # Neutron is away. A port that is not there harms less than one
            # that is there and gets no network.
            LOG.warning(
                'Could not ask whether %(resource)s %(id)s is back',
                {'resource': resource, 'id': payload.resource_id},
            )
            return
        if not found:
            trigger.record_resource_delete(
                payload.context, resource, payload.resource_id
            )
