# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/ports/{id}/replicas``."""

from typing import Any

from tricircle.central.engine import api
from tricircle.central.port import reports
from tricircle.replica import messages
from tricircle.replica import types


class PortReplicaController(api.ReplicaController):
    """Where regions also report, and delete."""

    _takes_reports = True

    def __init__(self) -> None:
        super().__init__(types.PORT)

    def delete(self, request: Any, id: str, **identifiers: str) -> None:
        """Delete a port because a region has deleted it."""
        self._enforce(request, 'delete', {})
        self._authorize(request, id)
        reports.delete(self._id(identifiers), id)

    def _take(
        self, resource_id: str, region_name: str, report: messages.ReportBody
    ) -> int | None:
        newer: int | None = reports.take(resource_id, region_name, report)
        return newer
