# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which flows a host needs to answer probes, and to hear answers. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import netaddr

from tricircle.agent import plan
from tricircle.agent.probing import frames

#: Above the guard's. Probes have nothing that the guard looks at.
_PRIORITY: Final = 70
#: The VNI of probes. Neutron's begin with 1.
_VNI: Final = 0


class Limit(NamedTuple):
    """How many frames a meter lets pass.

    :ivar meter: its number. Nothing else has meters on the tunnel bridge;
        Neutron's are on the integration bridge.
    :ivar rate: frames per second, and how many may come at once
    """

    meter: int
    rate: int


#: Hosts that each ask a few others once a minute are asked as seldom
#: themselves. But a network node may be the only host of its region that a
#: thousand others have a tunnel to: then all of these ask it, some nine
#: frames a minute each.
ANSWERED: Final = Limit(1, 1000)
#: What the agent gets to see: more than its own questions at their densest.
HEARD: Final = Limit(2, 500)


def wanted(
    foreign: Iterable[netaddr.IPNetwork],
) -> dict[plan.Flow, Limit]:
    """Return the flows of the tunnel bridge, and what limits each.

    Those with ANSWERED send a question back, those with HEARD give an answer
    to the agent.

    :param foreign: tunnel sources of other regions, see
        :func:`tricircle.agent.underlay.foreign_networks`.
    """
    return {
        plan.Flow(
            _PRIORITY,
            frozenset(
                {
                    **plan.source(network),
                    'tunnel_id': _VNI,
                    'eth_type': frames.ETHERTYPE,
                    'eth_dst': receiver,
                }.items()
            ),
            passes=True,
        ): limit
        for network in foreign
        for receiver, limit in (
            (frames.QUESTION, ANSWERED),
            (frames.ANSWER, HEARD),
        )
    }
