# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What the administrator of the cloud sees."""

import functools
from typing import Any

from lab import bootstrap
from lab import cloud
from lab.rendering import Renderer


def at(lab: cloud.Lab, region: str) -> Any:
    """Return the SDK's connection to central or a region.

    One for all tests: a new one logs in, reads the catalog, and asks each
    API for its versions, which takes longer than most questions. Its token
    outlives the tests.
    """
    return _connection(lab.renderer, region)


@functools.cache
def _connection(renderer: Renderer, region: str) -> Any:
    return bootstrap.connect(renderer, region)
