# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One big region: compute and block storage of all, an endpoint each.

Routes name behaviours, behaviours ask regions and look homes up, placing and
merging are pure. Bodies pass as the region and the client wrote them: only
links and availability zones are written anew. What a resource's home is, is
a cache: whoever loses it asks all regions.
"""
