# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Probe ports on a host: what the operator's command has sent.

A probe port is one of central that the command binds to a host, as Nova binds
the port of a server, and whose profile lists what is to be sent. The agent
of that host makes a namespace for it with an interface in the integration
bridge, and Neutron wires and guards that as the interface of a server. The
agent sends the whole list again and again, until the port is gone, and says
what came of it in its state report. So whatever keeps packets of servers from
each other keeps these too.

Why this is no way into a host, or to have it work for somebody:

- Nothing listens. What is wanted comes with the port from the region's
  Neutron, what came of it goes with the report that the agent sends anyway.
- Only an administrator of the region can say both what a port sends and on
  which host it is; a tenant can do neither.
- What can be wanted is an echo to one address and a request for an address,
  none of them a command; how many, how large and how often is bounded here.
- The namespace has no other interface, and the port has a firewall: it
  reaches what a server on that port would reach.
- What is not wanted any more goes, also after a restart of the agent; a port
  that nobody takes away is silent after some minutes.
"""
