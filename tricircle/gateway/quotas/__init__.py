# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One quota for the whole cloud: the limits of CentralRegion in Keystone.

What a request takes and what fits is pure (:mod:`.amounts`, :mod:`.fitting`).
Limits come from Keystone (:mod:`.limits`), usage from the regions
(:mod:`.usages`), amounts from what they say of flavors and servers
(:mod:`.wishes`), what is under way from central's database
(:mod:`.keeping`).
"""
