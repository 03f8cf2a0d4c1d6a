# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Cells as an operator registers them, and cells that are away."""

from collections.abc import Iterator
import contextlib

from lab import cells
from lab import cloud
from lab import computing
from lab import links
from lab import topology as topologies
from lab.services import mariadb
from lab.services import neutron
from lab.services import nova
from tests.lab import administrator


def manage(lab: cloud.Lab, *words: str) -> str:
    """Run a command of ``nova-manage cell_v2``; return what it prints."""
    return computing.manage_cells(
        lab.renderer, lab.machines[links.CONTROL], *words
    )


def _uuid(lab: cloud.Lab, name: str) -> str | None:
    for line in manage(lab, 'list_cells').splitlines():
        columns = [one.strip() for one in line.split('|')]
        if columns[1:2] == [name]:
            return columns[2]
    return None


def _restart(lab: cloud.Lab) -> None:
    """Restart what has read the list of cells."""
    for name in (nova.scheduler(cells.CENTRAL), nova.api(cells.CENTRAL)):
        lab.restart(name, lambda text: print(text, flush=True))


def _set_mapped(lab: cloud.Lab, region: topologies.Region, value: int) -> None:
    """Have the hosts of a cell be known to an API, or to none."""
    nodes = f'nova_{region.name}.compute_nodes'.lower()
    mariadb.execute(
        lab.layout,
        f'UPDATE {nodes} SET mapped = {value:d};',  # noqa: S608 our own names
    )


def forget(lab: cloud.Lab, region: topologies.Region) -> None:
    """Have Nova not know a cell, whose hosts another API has had before."""
    compute = administrator.at(lab, topologies.CENTRAL).compute
    for aggregate in list(compute.aggregates()):
        for host in aggregate.hosts or ():
            compute.remove_host_from_aggregate(aggregate, host)
        compute.delete_aggregate(aggregate)
    uuid = _uuid(lab, cells.cell(region))
    if uuid:
        manage(lab, 'delete_cell', '--force', '--cell_uuid', uuid)
    _set_mapped(lab, region, 1)
    _restart(lab)


def restore(lab: cloud.Lab, region: topologies.Region) -> None:
    """Have Nova know a cell and its zone, as ``up`` does."""
    if _uuid(lab, cells.cell(region)) is None:
        manage(lab, *cells.creation(region))
        _set_mapped(lab, region, 0)
        manage(lab, 'discover_hosts')
        _restart(lab)
    computing.availability_zones(lab.renderer)


@contextlib.contextmanager
def away(lab: cloud.Lab, region: topologies.Region) -> Iterator[None]:
    """A cell whose database nobody reaches, and whose daemons are dead."""
    daemons = [
        mariadb.of_cell(region),
        nova.conductor(region),
        nova.metadata(region),
        neutron.server(region),
        *(nova.compute(host) for host in region.hosts),
    ]
    for name in daemons:
        lab.kill(name)
    try:
        yield
    finally:
        for name in daemons:
            lab.restart(name, lambda text: print(text, flush=True))
