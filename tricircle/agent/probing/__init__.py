# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether packets pass between the hosts of different regions.

A probe is a frame that this host's Open vSwitch sends through the tunnel that
instances' frames take: out of the same port of the tunnel bridge, in the same
envelope, to the same UDP port. Flows of the other host send it back, without
its agent. So a firewall that drops UDP 4789, an MTU that is too small on the
way, a tunnel that only one side has, an Open vSwitch that is dead while its
host is well: each keeps probes from coming back.

Why not something simpler:

- An ICMP echo goes another way: firewalls let it pass and drop the tunnels,
  and the kernel answers it when Open vSwitch does not.
- BFD of Open vSwitch is a setting of ports that belong to Neutron's agent. It
  runs on all tunnels all the time, and tells neither round trip nor sizes.
- A responder that is a process would go away with the agent, while instances'
  packets pass; and it would need rights that the agent does not have.

Why nobody gets into a tenant's network by it, or has a host work for him:

- Probes have VNI 0, which Neutron gives to no network; their flows are not in
  the tables of networks, and lead back to where the frame came from or to the
  agent.
- What comes from instances has no source of a tunnel or another VNI, so no
  frame of an instance is a probe.
- Open vSwitch takes frames only from addresses that the host has a tunnel to,
  and the flows only from those of other regions.
- An answer is as long as the question and is no question itself, and goes to
  the host of the tunnel. Questions and answers have a meter each; what is
  beyond it is dropped by the switch.
- An answer counts when it has the numbers of a question that is open, and
  comes through the tunnel that took the question.
"""
