# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-volume-gateway``: block storage of all regions as one API."""

import sys

from tricircle.cmd import gateways
from tricircle.cmd import program
from tricircle.gateway.api import volume

PROG = 'tricircle-volume-gateway'


def _serve(argv: list[str]) -> int:
    return gateways.serve(PROG, argv, volume.SERVICE, 'volume_bind_port')


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 1 when it cannot start."""
    return program.run(PROG, _serve, argv)


if __name__ == '__main__':
    sys.exit(main())
