# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which tunnel addresses are not of this region. Pure."""

from collections.abc import Iterable

import netaddr

# A packet that came through no tunnel has the source 0.0.0.0 or ::, so
# neither may count as foreign; nor can a host have another address of these
# blocks ("this network", and what is embedded in or reserved beside ::).
_NO_SOURCE = ('0.0.0.0/8', '::/8')
_EVERYTHING = ('0.0.0.0/0', '::/0')


def foreign_networks(
    local: Iterable[str], foreign: Iterable[str]
) -> tuple[netaddr.IPNetwork, ...]:
    """Return the networks of the tunnel sources to distrust, sorted.

    With ``local``, that is every possible source outside of it, of both
    address families; else it is ``foreign``, with overlaps merged.

    :param local: CIDRs of the tunnel addresses of this region.
    :param foreign: CIDRs of the tunnel addresses of the other regions.
    :raises ValueError: neither or both are given: nothing can be said then.
    """
    mine, theirs = netaddr.IPSet(local), netaddr.IPSet(foreign)
    if bool(mine) == bool(theirs):
        raise ValueError(
            'an agent with tunnels needs either local_vteps or '
            'foreign_vteps, and not both'
        )
    distrusted = theirs or netaddr.IPSet(_EVERYTHING) - mine
    distrusted -= netaddr.IPSet(_NO_SOURCE)
    return tuple(distrusted.iter_cidrs())


def check_own_address(
    address: str, distrusted: Iterable[netaddr.IPNetwork]
) -> None:
    """Refuse an agent whose own address its neighbours would distrust.

    :param address: ``local_ip`` of this agent.
    :raises ValueError: the address is foreign by the options.
    """
    if any(address in network for network in distrusted):
        raise ValueError(
            'local_ip %s of this very agent is foreign by local_vteps or '
            'foreign_vteps' % address
        )
