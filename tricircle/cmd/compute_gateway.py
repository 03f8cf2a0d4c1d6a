# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-compute-gateway``: the compute API of all regions as one."""

import sys

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import auth
from tricircle.cmd import program
from tricircle.db import readiness
from tricircle.gateway import deploy

LOG = logging.getLogger(__name__)
PROG = 'tricircle-compute-gateway'


def _check(conf: cfg.ConfigOpts) -> None:
    readiness.check(conf)
    auth.check_keystone(conf)


def _serve(argv: list[str]) -> int:
    conf = cfg.CONF
    deploy.configure(conf, argv)
    auth.check(conf)
    program.wait(conf, _check, LOG.warning)
    app = deploy.application(conf, deploy.COMPUTE)
    where = conf.gateway
    LOG.info(
        'The compute gateway listens on %s port %d',
        where.bind_host,
        where.bind_port,
    )
    program.serve(
        app,
        PROG,
        (where.bind_host, where.bind_port),
        where.workers,
        '[gateway]',
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 1 when it cannot start."""
    return program.run(PROG, _serve, argv)


if __name__ == '__main__':
    sys.exit(main())
