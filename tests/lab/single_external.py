# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The pieces of a router that joins regions and leads out of one."""

from collections.abc import Mapping

from tests.lab import router_shape


def shape(
    networks: Mapping[str, tuple[str, ...]], outside: str, external: str
) -> tuple[router_shape.Piece, ...]:
    """Return what there must be of it.

    :param networks: name and prefixes of the network of each region, which
        has an instance and can be in no other region; at most one prefix of
        IPv6
    :param outside: region of the external network
    :param external: its name
    """
    found = [
        router_shape.Piece(
            region,
            'piece',
            (name,) * len(prefixes),
            'bridge',
            False,
            _routes(networks, region),
        )
        for region, (name, *prefixes) in networks.items()
    ]
    found.append(
        router_shape.Piece(
            outside,
            'north-south',
            ('bridge',),
            external,
            True,
            _routes(networks, None),
        )
    )
    return tuple(sorted(found))


def _routes(
    networks: Mapping[str, tuple[str, ...]], here: str | None
) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted(
            (cidr, f'{region} piece')
            for region, (_name, *prefixes) in networks.items()
            if region != here
            for cidr in prefixes
        )
    )
