# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Every owner of ports that Neutron knows is somebody's to say."""

from typing import Final

from neutron_lib import constants

from tricircle.db import device_owners

#: What the owner of a network may say of its ports, as in any Neutron:
#: neither central nor a region ever makes or looks for such ports.
_OF_NOBODY_HERE: Final = frozenset(
    {
        # OVN's, of metadata and of IPAM over segments.
        constants.DEVICE_OWNER_DISTRIBUTED,
        constants.DEVICE_OWNER_ROUTED,
        # A VPN agent's.
        'network:vpn_namespace',
        'network:vpn_router_gateway',
    }
)


def test_owners_that_neutron_has_are_reserved_or_known_to_be_free() -> None:
    """A new version of Neutron may have more."""
    named = {
        value
        for name, value in vars(constants).items()
        if name.startswith('DEVICE_OWNER_')
        and isinstance(value, str)
        and value.startswith('network:')
    }
    # The beginning of them all is the owner of none.
    named -= {constants.DEVICE_OWNER_NETWORK_PREFIX}
    assert named == device_owners.MADE_BY_NEUTRON | _OF_NOBODY_HERE
