# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-xjob``: carry out the journal."""

import sys

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.conf import client
from tricircle.conf import database
from tricircle.conf import xjob
from tricircle.db import session as sessions
from tricircle.xjob import daemon


def main(argv: list[str] | None = None) -> int:
    """Run until stopped; 1 when it cannot start."""
    conf = cfg.CONF
    for area in (client, database, xjob):
        area.register(conf)
    logging.register_options(conf)
    conf(
        sys.argv[1:] if argv is None else argv,
        project='tricircle',
        prog='tricircle-xjob',
    )
    logging.setup(conf, 'tricircle-xjob')
    try:
        sessions.configure(conf)
    except sessions.DatabaseNotConfigured as exc:
        print(f'tricircle-xjob: {exc}', file=sys.stderr)
        return 1
    daemon.Daemon(conf).run()
    return 0


if __name__ == '__main__':
    sys.exit(main())
