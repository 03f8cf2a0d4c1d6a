# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether a region has what it was sent."""

from typing import Final

from tricircle.client import region as region_client
from tricircle.journal.job import Job
from tricircle.replica import messages
from tricircle.replica.document import Document

#: How often a document is sent again that a region then has otherwise.
_AGAIN: Final = 3


class NotReached(region_client.RegionError):
    """A region took a document, and has something else."""


def omitted(
    job: Job, document: Document, applied: messages.AppliedBody
) -> set[str]:
    """Return what central has and the region does not get.

    :raises NotReached: when the region has it otherwise, the first times:
        somebody was at it at the same time. What a region goes on having
        otherwise, as one of another version, is omitted there
    """
    known = {*document.omitted, *applied.get('omitted', [])}
    if applied['digest'] == document.digest:
        return known
    differs = applied.get('differs', [])
    if job.attempts < _AGAIN:
        raise NotReached(
            f'{job.region_name} has {job.resource_type} {job.resource_id} '
            'otherwise than it was to be'
            + (f': {", ".join(differs)}' if differs else '')
        )
    return known.union(differs)
