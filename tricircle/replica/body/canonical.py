# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Order: a body has one form only, whoever made it."""

from collections.abc import Iterable, Mapping
from typing import Any

from tricircle.replica.body import digest


def ordered(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a set of objects in the one order bodies have them.

    Objects with an ``id`` go by it, others by their canonical JSON. Only
    for lists whose order means nothing: DNS name servers keep theirs.
    """
    return sorted(
        (dict(item) for item in items),
        key=lambda item: (str(item.get('id', '')), digest.canonical(item)),
    )
