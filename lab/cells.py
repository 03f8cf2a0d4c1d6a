# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which regions have a Nova of their own, and which are cells of one.

With ``cells: true`` in the topology there is one Nova, in CentralRegion: API,
scheduler, super conductor, cell0, Placement, and one Glance. Each region is a
cell: conductor, metadata and computes, with a database, a user and a port of
it, and a virtual host of the broker that are its own.
"""

import shlex
from typing import Final

from lab import addresses
from lab import topology as topologies
from lab.topology import Region
from lab.topology import Topology

#: CentralRegion, as a place that has Nova.
CENTRAL: Final = Region(0, topologies.CENTRAL, '', ())
#: Nova fills in what the reader's own configuration has, so that no password
#: is in an argument or in the table of cells.
_QUEUE = '{{scheme}}://{{username}}:{{password}}@{{hostname}}:{{port}}/{vhost}'
_DATABASE = (
    '{{scheme}}://{user}:{{password}}@{{hostname}}:{port}/{name}?{{query}}'
)


def computing(topology: Topology) -> tuple[Region, ...]:
    """Return where the APIs of Nova, Placement and Glance are."""
    return (CENTRAL,) if topology.cells else topology.regions


def asked(topology: Topology, region: Region) -> Region:
    """Return whose APIs are asked for what a region's hosts do."""
    return CENTRAL if topology.cells else region


def cell(region: Region) -> str:
    """Return the name of the cell that a region is."""
    return f'cell{region.number}'


def database_user(region: Region) -> str:
    """Return who may read and write the database of a cell, and no other."""
    return f'{cell(region)}_nova'


def mappings(topology: Topology) -> list[str]:
    """Return the commands of ``nova-manage cell_v2`` that make the cells."""
    if not topology.cells:
        # That of the cell itself, with _cell0 after its name.
        return ['map_cell0', 'create_cell --name cell1']
    cell0 = _DATABASE.format(
        user='{username}',
        port='{port}',
        name=f'nova_{CENTRAL.name}_cell0'.lower(),
    )
    return [
        shlex.join(['map_cell0', '--database_connection', cell0]),
        *(shlex.join(creation(region)) for region in topology.regions),
    ]


def creation(region: Region) -> list[str]:
    """Return what makes the cell of a region known to Nova."""
    return [
        *('create_cell', '--name', cell(region)),
        *('--transport-url', _QUEUE.format(vhost=region.name)),
        '--database_connection',
        _DATABASE.format(
            user=database_user(region),
            port=addresses.port(region, 'cell-database'),
            name=f'nova_{region.name}'.lower(),
        ),
    ]
