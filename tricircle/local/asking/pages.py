# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Pages of lists of which a part came from central."""

from collections.abc import Iterable
from typing import Any


def page(
    found: list[dict[str, Any]],
    sorts: Iterable[tuple[str, bool]] | None,
    limit: int | None,
    marker: str | None,
    page_reverse: bool,
) -> list[dict[str, Any]]:
    """Return a page of a list, as a plugin that pages by itself does.

    :param sorts: keys, the first one first, and whether they ascend
    :param marker: ID of the last one of the page before
    :param page_reverse: the page before the marker is wanted
    """
    ordered = list(found)
    for key, ascending in reversed(list(sorts or ())):
        ordered.sort(
            key=lambda one: str(one.get(key) or ''),
            reverse=not ascending,
        )
    if page_reverse:
        ordered.reverse()
    if marker:
        ids = [one['id'] for one in ordered]
        ordered = ordered[ids.index(marker) + 1 :] if marker in ids else []
    if limit:
        ordered = ordered[:limit]
    if page_reverse:
        ordered.reverse()
    return ordered
