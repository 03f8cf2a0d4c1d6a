# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The pieces of a router that joins two regions and leads out of one."""

from tests.lab import router_shape


def shape(
    one: str, other: str, outside: str, networks: tuple[str, str], ext: str
) -> tuple[router_shape.Piece, ...]:
    """Return what there must be of T3.

    :param one: region of the first network
    :param other: region of the second
    :param outside: region of the external network
    """
    first, second = '10.0.1.0/24', '10.0.2.0/24'
    pieces = {one: f'{one} piece', other: f'{other} piece'}
    return tuple(
        sorted(
            (
                router_shape.Piece(
                    one,
                    'piece',
                    (networks[0],),
                    'bridge',
                    False,
                    ((second, pieces[other]),),
                ),
                router_shape.Piece(
                    other,
                    'piece',
                    (networks[1],),
                    'bridge',
                    False,
                    ((first, pieces[one]),),
                ),
                router_shape.Piece(
                    outside,
                    'north-south',
                    ('bridge',),
                    ext,
                    True,
                    ((first, pieces[one]), (second, pieces[other])),
                ),
            )
        )
    )
