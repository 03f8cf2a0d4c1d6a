# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Digests: equal exactly when two bodies mean the same."""

import hashlib
import json
from typing import Any


def canonical(body: Any) -> str:
    """Return the one JSON text of a body: keys sorted, no white space."""
    return json.dumps(
        body, sort_keys=True, separators=(',', ':'), ensure_ascii=False
    )


def digest(body: Any) -> str:
    """Return ``sha256:<hex>`` of the canonical JSON of a body."""
    text = canonical(body).encode()
    return 'sha256:' + hashlib.sha256(text).hexdigest()
