# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What answers of 2xx have promised."""

import dataclasses


@dataclasses.dataclass
class Port:
    """A port that a region has made."""

    id: str
    network_id: str
    region: str
    name: str = ''


@dataclasses.dataclass
class Model:
    """What users have, and what they had."""

    networks: list[str] = dataclasses.field(default_factory=list)
    ports: dict[str, Port] = dataclasses.field(default_factory=dict)
    deleted_ports: list[str] = dataclasses.field(default_factory=list)
    calls: list[str] = dataclasses.field(default_factory=list)
