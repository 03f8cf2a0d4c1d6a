# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central: ports that a region makes, with an ID of its choice.

``id`` and ``tricircle:region`` are for services only, see the policies
``create_port:id`` and ``create_port:tricircle:region``.
"""

from neutron_lib.api import extensions

ALIAS = 'tricircle-region-port'

# Of any version but 5: such IDs are those of what central reserves, which
# anybody can compute and nobody else may take.
_UUID = (
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-46-9a-f][0-9a-f]{3}-[0-9a-f]{4}-'
    r'[0-9a-f]{12}\Z'
)

RESOURCE_ATTRIBUTE_MAP = {
    'ports': {
        # As neutron-lib has it, but that it may be set. None and not
        # ATTR_NOT_SPECIFIED: Neutron makes an ID when it finds none.
        'id': {
            'allow_post': True,
            'allow_put': False,
            # As Neutron makes them: an ID in capitals would be another port
            # to some databases, and the same to others.
            'validate': {'type:regex_or_none': _UUID},
            'default': None,
            'enforce_policy': True,
            'is_visible': True,
            'is_filter': True,
            'is_sort_key': True,
            'primary_key': True,
        },
        # The region that the port is made in.
        'tricircle:region': {
            'allow_post': True,
            'allow_put': False,
            'validate': {'type:string_or_none': 255},
            'default': None,
            'enforce_policy': True,
            'is_visible': False,
        },
        # In the answer: what the region must have, see
        # tricircle.replica.document.
        'tricircle:document': {
            'allow_post': False,
            'allow_put': False,
            'is_visible': True,
        },
    },
}


class Tricircle_region_port(extensions.ExtensionDescriptor):
    """Ports made in a region."""

    @classmethod
    def get_name(cls):  # type: ignore[no-untyped-def]
        return 'Tricircle region ports'

    @classmethod
    def get_alias(cls):  # type: ignore[no-untyped-def]
        return ALIAS

    @classmethod
    def get_description(cls):  # type: ignore[no-untyped-def]
        return 'Ports that a region makes, with an ID of its choice'

    @classmethod
    def get_updated(cls):  # type: ignore[no-untyped-def]
        return '2026-11-20T00:00:00-00:00'

    def get_extended_resources(self, version):  # type: ignore[no-untyped-def]
        return RESOURCE_ATTRIBUTE_MAP if version == '2.0' else {}
