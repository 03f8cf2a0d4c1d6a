# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central is the only allocator on its networks.

Neutron reaches the address allocation in many ways besides ``create_port``
(bulk, a DHCP agent's RPC, a user's update, csnat, local IPs, ...). They all
come through the IPAM backend, so it is there that a region refuses.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from neutron.db import ipam_pluggable_backend
from neutron_lib import exceptions

from tricircle.local import apply
from tricircle.local import ledger

_granted: contextvars.ContextVar[bool] = contextvars.ContextVar(
    'tricircle_granted', default=False)


@contextlib.contextmanager
def granted() -> Iterator[None]:
    """Let through addresses that central has just allocated."""
    token = _granted.set(True)
    try:
        yield
    finally:
        _granted.reset(token)


def is_granted() -> bool:
    """Tell whether the addresses taken now are central's."""
    return _granted.get() or apply.is_applying()


class AddressNotFromCentral(exceptions.IpAddressGenerationFailure):
    """The region tried to take an address of a central network itself."""

    message = ('Addresses of network %(net_id)s are given out by central '
               'Neutron only.')


class GuardedIpamBackend(ipam_pluggable_backend.IpamPluggableBackend):
    """The stock backend, which gives out nothing of central's."""

    def _ipam_allocate_ips(self, context: Any, ipam_driver: Any,
                           port: dict[str, Any], ips: list[Any],
                           revert_on_fail: bool = True) -> Any:
        if ips and not is_granted() and ledger.is_central_network(
                context, port['network_id']):
            raise AddressNotFromCentral(net_id=port['network_id'])
        return super()._ipam_allocate_ips(
            context, ipam_driver, port, ips, revert_on_fail)
