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
import waitress

from tricircle.api import deploy
from tricircle.db import session as sessions

LOG = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 1 when it cannot start."""
    conf = cfg.CONF
    try:
        deploy.configure(conf, sys.argv[1:] if argv is None else argv)
    except sessions.DatabaseNotConfigured as exc:
        print(f'tricircle-api: {exc}', file=sys.stderr)
        return 1
    app = deploy.application(conf)
    LOG.info(
        'The Admin API listens on %s port %d', conf.bind_host, conf.bind_port
    )
    try:
        waitress.serve(
            app,
            host=conf.bind_host,
            port=conf.bind_port,
            threads=conf.api_workers,
            ident='tricircle-api',
        )
    except OSError as exc:
        print(
            f'tricircle-api: cannot listen on {conf.bind_host} port '
            f'{conf.bind_port}: {exc}',
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
