# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central holds: for the needs of one region, or until all confirmed.

Ports for regions (gateways, DHCP ports, legs and interfaces of routers'
pieces, ports of L3 agents), each known by its row in ``reserved_ports`` and
by nothing else, and kept from harm; addresses and segments of what is gone,
until every region that could use them has confirmed that it does not.
"""
