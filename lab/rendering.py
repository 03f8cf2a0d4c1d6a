# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Configuration files, from the templates beside this module."""

import functools
from pathlib import Path
from typing import Any

import jinja2

from lab import addresses
from lab import cells
from lab import layout as layouts
from lab import topology as topologies


class Renderer:
    """Renders templates for one lab; nothing is written until told to.

    :param password: of every user of the lab: in Keystone, the database and
        the broker
    :ivar files: what is to be written, and where
    :ivar folders: what is to be there besides
    :ivar cafile: whom all clients trust, None without TLS
    """

    def __init__(
        self,
        topology: topologies.Topology,
        layout: layouts.Layout,
        password: str,
    ) -> None:
        self.topology = topology
        self.layout = layout
        self.password = password
        self.files: dict[Path, str] = {}
        self.folders: set[Path] = set()
        self.cafile = str(layout.authority) if topology.tls else None
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(
                Path(__file__).parent / 'templates'
            ),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 no HTML
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        wires = topology.physical_networks
        self._templates.globals.update(
            control=addresses.CONTROL,
            api_address=(
                addresses.LOOPBACK if topology.tls else addresses.CONTROL
            ),
            cafile=self.cafile,
            keystone_url=addresses.url(topology, addresses.KEYSTONE, '/v3'),
            central_region=topologies.CENTRAL,
            central_url=addresses.url(topology, addresses.CENTRAL_NEUTRON),
            first_region=topology.regions[0].name,
            path_mtu=topology.mtu,
            volumes=topology.volumes,
            cells=topology.cells,
            asked=functools.partial(cells.asked, topology),
            dns_domain=topologies.DNS_DOMAIN,
            venv=str(layouts.VENV),
            password=password,
            database=self.database,
            broker=self.broker,
            vnis=topology.vnis,
            physical_networks=','.join(one.name for one in wires),
            vlan_ranges=','.join(
                f'{one.name}:{one.vlans[0]}:{one.vlans[1]}' for one in wires
            ),
        )

    def database(
        self, name: str, user: str = 'lab', port: int = addresses.MARIADB
    ) -> str:
        """Return the URL of a database."""
        trust = f'&ssl_ca={self.cafile}' if self.cafile else ''
        return (
            f'mysql+pymysql://{user}:{self.password}@{addresses.CONTROL}:'
            f'{port}/{name.lower()}?charset=utf8mb4{trust}'
        )

    def broker(self, vhost: str) -> str:
        """Return the URL of a virtual host of RabbitMQ."""
        return (
            f'rabbit://lab:{self.password}@{addresses.CONTROL}:'
            f'{addresses.broker_port(self.topology)}/{vhost}'
        )

    def write(self, template: str, path: Path, **values: Any) -> Path:
        """Have a file rendered from a template by :meth:`install`."""
        text = self._templates.get_template(template).render(**values)
        return self.put(path, text)

    def put(self, path: Path, text: str) -> Path:
        """Have a file written by :meth:`install`."""
        self.files[path] = text
        return path

    def folder(self, path: Path) -> Path:
        """Have a folder made by :meth:`install`."""
        self.folders.add(path)
        return path

    def install(self) -> None:
        """Write all files, such that only their owner may read them."""
        self.layout.make()
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
        self._write(self.layout.password, self.password)
        for path, text in self.files.items():
            self._write(path, text)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
