# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""APIs under uWSGI."""

from collections.abc import Mapping

from lab import addresses
from lab import layout as layouts
from lab import links
from lab.rendering import Renderer
from lab.service import HttpProbe
from lab.service import Service
from lab.services import mariadb


def service(
    renderer: Renderer,
    name: str,
    module: str,
    port: int,
    environment: Mapping[str, str],
    threads: int = 6,
    ends_last: bool = False,
) -> Service:
    """Return an API that runs on the control machine.

    At its start it reads the database, and nothing else: of Keystone and of
    the broker it asks when a request needs it.

    :param module: that has the WSGI ``application``
    :param environment: where it finds its configuration
    """
    path = renderer.write(
        'uwsgi.ini.j2',
        renderer.layout.etc('uwsgi') / f'{name}.ini',
        name=name,
        module=module,
        port=port,
        threads=threads,
    )
    return Service(
        name,
        links.CONTROL,
        (str(layouts.BIN / 'uwsgi'), '--ini', str(path)),
        environment=environment,
        ready=HttpProbe(
            addresses.url(renderer.topology, port), renderer.cafile
        ),
        after=frozenset([mariadb.NAME]),
        ends_last=ends_last,
    )
