# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""API of a region for what central makes it have: a descriptor only."""

from typing import Any

from neutron_lib.api import extensions
from neutron_lib.plugins import directory

ALIAS = 'tricircle-region-replicas'


class Tricircle_region_replicas(extensions.ExtensionDescriptor):
    """Replicas of central's resources in this region."""

    @classmethod
    def get_name(cls) -> str:
        """Return the name shown to people."""
        return 'Tricircle replicas of a region'

    @classmethod
    def get_alias(cls) -> str:
        """Return the alias shown in the list of extensions."""
        return ALIAS

    @classmethod
    def get_description(cls) -> str:
        """Return what it is for."""
        return 'Make this region have what central Neutron says.'

    @classmethod
    def get_updated(cls) -> str:
        """Return when it changed."""
        return '2026-11-21T00:00:00-00:00'

    @classmethod
    def get_resources(cls) -> list[Any]:
        """Return the resources that the core plugin offers for it."""
        plugin = directory.get_plugin()
        return list(plugin.tricircle_extension_resources())
