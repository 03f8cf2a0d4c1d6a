# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The topologies that come with the lab."""

from typing import Final

from lab import layout
from lab import topology

FILES: Final = sorted((layout.ROOT / 'lab' / 'topologies').glob('*.yaml'))
NAMES: Final = [path.stem for path in FILES]
DEFAULT: Final = layout.ROOT / 'lab' / 'topologies' / 'default.yaml'
ALL: Final = [topology.load(path) for path in FILES]
