# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions have alike: flavors, key pairs, volume types.

One region makes or changes it, by the request of the client: what it then has
is written down, with an intent of the journal for each region, and these are
carried out by whoever holds them. Who asked does so at once, with the token
of the request; for a region that is away, or joins later, a gateway does, as
its own user. A change is the same in either case: the region is looked at,
and given what it lacks. What is not ours there is left alone.
"""
