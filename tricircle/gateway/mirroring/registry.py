# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The kinds of things that all regions have alike."""

from collections.abc import Mapping
from typing import Final

from tricircle.gateway import asked as asking
from tricircle.gateway.mirroring import compute
from tricircle.gateway.mirroring import groups
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import volume

#: By the service that has them, in the order in which they need each other.
KINDS: Final[Mapping[str, tuple[kinds.Kind, ...]]] = {
    'compute': (compute.FLAVOR, compute.KEYPAIR),
    'block-storage': (
        volume.QOS,
        volume.VOLUME_TYPE,
        groups.GROUP_TYPE,
        volume.DEFAULT_TYPE,
    ),
}
#: By what bodies call them, as routes do.
BY_KEY: Final[Mapping[str, kinds.Kind]] = {
    one.key: one for several in KINDS.values() for one in several
}
#: By the type of their jobs.
BY_TYPE: Final[Mapping[str, kinds.Kind]] = {
    one.type: one for one in BY_KEY.values()
}


def types_of(cloud: asking.Cloud) -> tuple[str, ...]:
    """Return the types of the jobs of a service."""
    return tuple(one.type for one in KINDS.get(cloud.service.type, ()))
