# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""How long to wait before something is tried again."""

import random


def seconds(attempts: int, first: float, longest: float) -> float:
    """Return the seconds to wait after so many failures, with jitter."""
    wait = min(longest, first * 2 ** min(attempts, 20))
    return random.uniform(wait / 2, wait)  # noqa: S311 no secret
