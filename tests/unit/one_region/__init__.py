# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""One region's replica API and plugins, in this process, through its API.

What is tested here needs one region's Neutron and nothing beside it: no
second process, no MariaDB, no central. :mod:`tests.unit.one_region.region`
has the face of a region of :mod:`tests.functional.cloud`, so that documents
and clients are the same as there.
"""
