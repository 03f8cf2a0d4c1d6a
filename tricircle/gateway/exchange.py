# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What goes to a region, and what comes back: bytes, as they are."""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any, Final

#: What of a request goes on to a region. Who asks is in the token alone.
PASSED_ON: Final = (
    'Accept',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'User-Agent',
    'X-Auth-Token',
    'X-Service-Token',
)
#: What of an answer concerns one connection, or is made anew.
_NOT_PASSED_BACK: Final = frozenset(
    {
        'connection',
        'content-encoding',
        'content-length',
        'date',
        'keep-alive',
        'server',
        'transfer-encoding',
    }
)


@dataclasses.dataclass(frozen=True)
class Question:
    """A request to a region.

    :ivar path: relative to the root of the API's version
    :ivar query: as it stands in a URL
    """

    method: str
    path: str
    query: str = ''
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b''


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a region answers, or the gateway itself."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_fine(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """What the body says.

        :raises ValueError: it is no JSON
        """
        return json.loads(self.body)


def passed_back(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a region's answer that go to the client."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _NOT_PASSED_BACK
    }
