# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The segments plugin of a region: of the region's own networks.

A network of central's has the segment that central gave it, in the documents.
"""

from typing import Any

from neutron.services.segments import plugin

from tricircle.local.engine.owner import ownership
from tricircle.replica import types


class SegmentsPlugin(plugin.Plugin):
    """The stock plugin, with refusals in front of its writes."""

    def create_segment(self, context: Any, segment: dict[str, Any]) -> Any:
        """Add a segment to a network of the region's own."""
        _refuse(segment['segment']['network_id'], 'add the segment')
        return super().create_segment(context, segment)

    def update_segment(
        self, context: Any, uuid: str, segment: dict[str, Any]
    ) -> Any:
        """Change a segment of a network of the region's own."""
        _refuse(self._network_of(context, uuid), 'change its segments')
        return super().update_segment(context, uuid, segment)

    def delete_segment(
        self, context: Any, uuid: str, for_net_delete: bool = False
    ) -> None:
        """Remove a segment from a network of the region's own."""
        if not for_net_delete:
            _refuse(self._network_of(context, uuid), 'remove its segments')
        super().delete_segment(context, uuid, for_net_delete)

    def _network_of(self, context: Any, segment_id: str) -> str:
        return str(self.get_segment(context, segment_id)['network_id'])


def _refuse(network_id: str, what: str) -> None:
    ownership.refuse(types.NETWORK, [network_id], 'Network', what)
