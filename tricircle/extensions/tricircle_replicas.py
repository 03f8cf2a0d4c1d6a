# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central: ``/v2.0/{networks,ports,...}/{id}/replicas``."""

from neutron_lib.api import extensions
from neutron_lib.plugins import directory

ALIAS = 'tricircle-replicas'


class Tricircle_replicas(extensions.ExtensionDescriptor):
    """Which regions have a resource, and how far each has got."""

    @classmethod
    def get_name(cls):  # type: ignore[no-untyped-def]
        return 'Tricircle replicas'

    @classmethod
    def get_alias(cls):  # type: ignore[no-untyped-def]
        return ALIAS

    @classmethod
    def get_description(cls):  # type: ignore[no-untyped-def]
        return 'The replicas of resources in the regions'

    @classmethod
    def get_updated(cls):  # type: ignore[no-untyped-def]
        return '2026-11-20T00:00:00-00:00'

    @classmethod
    def get_resources(cls):  # type: ignore[no-untyped-def]
        return directory.get_plugin().replica_resources()

    @classmethod
    def get_pecan_resources(cls):  # type: ignore[no-untyped-def]
        return directory.get_plugin().replica_pecan_resources()
