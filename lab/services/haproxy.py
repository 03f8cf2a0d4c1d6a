# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What serves TLS for all APIs, as uWSGI and waitress do not.

It decrypts on the address of the control machine; the APIs listen on the
loopback of that machine, at the same ports.
"""

import dataclasses
from urllib import parse

from lab import addresses
from lab import links
from lab.rendering import Renderer
from lab.service import HttpProbe
from lab.service import Service
from lab.service import TcpProbe

NAME = 'haproxy'


def services(renderer: Renderer, others: list[Service]) -> list[Service]:
    """Return it, and all others, of which the APIs start after it.

    :param others: of which those are APIs that are ready when they answer
    """
    ports = {
        one.name: parse.urlsplit(one.ready.url).port
        for one in others
        if isinstance(one.ready, HttpProbe)
    }
    path = renderer.write(
        'haproxy.cfg.j2',
        renderer.layout.etc(NAME) / 'haproxy.cfg',
        apis=[
            (name, port, renderer.layout.certificate(name))
            for name, port in ports.items()
        ],
    )
    return [
        Service(
            NAME,
            links.CONTROL,
            ('haproxy', '-db', '-f', str(path)),
            ready=TcpProbe(addresses.CONTROL, addresses.KEYSTONE),
            ends_last=True,
        ),
        *(
            dataclasses.replace(one, after=one.after | {NAME})
            if one.name in ports
            else one
            for one in others
        ),
    ]
