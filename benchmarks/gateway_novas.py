# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Many regions with a Nova each, as one HTTP server: a program of its own.

What a Nova takes for an answer is not measured: it has them ready. The region
is the first part of a path. Prints its port.
"""

import http.server
import json
from typing import Any
from urllib import parse

#: Servers of each region, of all regions together as many as a page has.
SERVERS = 20


class Novas(http.server.BaseHTTPRequestHandler):
    """All regions."""

    protocol_version = 'HTTP/1.1'
    #: Without waiting for more, as there is none.
    disable_nagle_algorithm = True
    flavors: dict[tuple[str, str], Any] = {}  # noqa: RUF012 one for all

    def do_GET(self) -> None:
        """Answer a question."""
        url = parse.urlsplit(self.path)
        _slash, region, _version, *below = url.path.split('/')
        match below:
            case [''] | []:
                version = {
                    'id': 'v2.1',
                    'min_version': '2.1',
                    'version': '2.104',
                }
                self._say({'version': version})
            case ['servers', 'detail']:
                servers = [
                    self._server(region, number) for number in range(SERVERS)
                ]
                self._say({'servers': servers})
            case ['servers', one] if one.startswith(f'{region}-'):
                number = int(one.rpartition('-')[2])
                self._say({'server': self._server(region, number)})
            case ['flavors', one] if (region, one) in self.flavors:
                self._say({'flavor': self.flavors[region, one]})
            case _:
                self._say({'itemNotFound': {}}, 404)

    def do_POST(self) -> None:
        """Make a flavor."""
        _slash, region, *_below = self.path.split('/')
        length = int(self.headers['Content-Length'])
        wish = json.loads(self.rfile.read(length))['flavor']
        made = {
            'swap': '',
            'rxtx_factor': 1.0,
            'OS-FLV-EXT-DATA:ephemeral': 0,
            'os-flavor-access:is_public': True,
            'description': None,
            'extra_specs': {},
            **wish,
        }
        self.flavors[region, wish['id']] = made
        self._say({'flavor': made})

    def _server(self, region: str, number: int) -> dict[str, Any]:
        key = f'{region}-{number}'
        host = self.headers['Host']
        return {
            'id': key,
            'name': key,
            'status': 'ACTIVE',
            'created': f'2026-01-01T00:{number % 60:02}:00Z',
            'tenant_id': '0' * 32,
            'metadata': {f'key{one}': 'x' * 40 for one in range(10)},
            'OS-EXT-AZ:availability_zone': 'nova',
            'links': [
                {
                    'rel': 'self',
                    'href': f'http://{host}/{region}/v2.1/servers/{key}',
                }
            ],
        }

    def _say(self, body: Any, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_what: Any) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512


def main() -> None:
    """Serve until killed."""
    server = _Server(('127.0.0.1', 0), Novas)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
