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

from pathlib import Path
from typing import Any

import jinja2

from lab import addresses
from lab import layout as layouts
from lab import topology as topologies


class Renderer:
    """Renders templates for one lab.

    :param password: of every user of the lab: in Keystone, the database and
        the broker
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
            keystone_url=addresses.url(addresses.KEYSTONE, '/v3'),
            central_region=topologies.CENTRAL,
            central_url=addresses.url(addresses.CENTRAL_NEUTRON),
            first_region=topology.regions[0].name,
            path_mtu=addresses.PATH_MTU,
            venv=str(layouts.VENV),
            password=password,
            database=self.database,
            broker=self.broker,
            physical_networks=','.join(one.name for one in wires),
            vlan_ranges=','.join(
                f'{one.name}:{one.vlans[0]}:{one.vlans[1]}' for one in wires
            ),
        )

    def database(self, name: str) -> str:
        """Return the URL of a database."""
        return (
            f'mysql+pymysql://lab:{self.password}@{addresses.CONTROL}:'
            f'{addresses.MARIADB}/{name.lower()}?charset=utf8mb4'
        )

    def broker(self, vhost: str) -> str:
        """Return the URL of a virtual host of RabbitMQ."""
        return (
            f'rabbit://lab:{self.password}@{addresses.CONTROL}:'
            f'{addresses.RABBITMQ}/{vhost}'
        )

    def write(self, template: str, path: Path, **values: Any) -> Path:
        """Render a template to a file that only its owner may read."""
        text = self._templates.get_template(template).render(**values)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        return path
