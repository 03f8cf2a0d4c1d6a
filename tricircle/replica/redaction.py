# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What an operator may read, as a tenant may.

Reasons are the words of whoever failed, for the operator. They may hold
URLs of the inside, names of hosts, and IDs of other projects' resources.
"""

import re
from typing import Final

_UUID: Final = r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
_PATTERNS: Final = (
    # As urllib3 names who does not answer.
    (re.compile(r'\bHTTPS?ConnectionPool\(.*?\)', re.IGNORECASE), '<address>'),
    (re.compile(r"\bhost='[^']*',?\s*port=\d+"), '<address>'),
    (
        re.compile(r'\b[a-z][a-z0-9+.-]*://[^\s\'"<>)]+', re.IGNORECASE),
        '<URL>',
    ),
    # What an operator noted of a pause.
    (re.compile(r' \(said: .*\)\Z', re.DOTALL), ''),
    # A host and a port; an address of the tenant's has none.
    (re.compile(r'(?<![\w.:-])[\w.-]+:\d{2,5}(?![\w.:])'), '<address>'),
    (re.compile(r'\[[0-9a-f:]+\]:\d{2,5}', re.IGNORECASE), '<address>'),
    (
        re.compile(
            r'\b(hosts?|bound to|agent on)(\s+|=)(?!is\b|has\b|<)[\w.-]+'
        ),
        r'\1\2<host>',
    ),
)
_ID: Final = re.compile(rf'\b(?:{_UUID}|[0-9a-f]{{32}})\b', re.IGNORECASE)


def for_tenants(reason: str, known: str) -> str:
    """Return a reason without URLs, hosts, and IDs but the one known.

    :param known: ID of the resource that the reason is about
    """
    for pattern, instead in _PATTERNS:
        reason = pattern.sub(instead, reason)
    return _ID.sub(
        lambda found: found[0] if found[0] == known else '<ID>', reason
    )
