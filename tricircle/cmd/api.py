# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-api``: the Admin API on a port of its own."""

import sys

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.api import deploy
from tricircle.cmd import program
from tricircle.db import readiness

LOG = logging.getLogger(__name__)
PROG = 'tricircle-api'


def _serve(argv: list[str]) -> int:
    conf = cfg.CONF
    deploy.configure(conf, argv)
    program.wait(conf, readiness.check, LOG.warning)
    app = deploy.application(conf)
    LOG.info(
        'The Admin API listens on %s port %d', conf.bind_host, conf.bind_port
    )
    program.serve(
        app,
        PROG,
        (conf.bind_host, conf.bind_port),
        conf.api_workers,
        '[DEFAULT]',
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 1 when it cannot start."""
    return program.run(PROG, _serve, argv)


if __name__ == '__main__':
    sys.exit(main())
