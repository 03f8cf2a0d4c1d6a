# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-xjob``: carry out the journal, or compare regions once."""

import contextlib
import sys
import time
from typing import Final

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import auth
from tricircle.client import region as region_client
from tricircle.cmd import central_region
from tricircle.cmd import program
from tricircle.conf import client
from tricircle.conf import database
from tricircle.conf import metrics as metrics_conf
from tricircle.conf import reading
from tricircle.conf import xjob
from tricircle.db import session as sessions
from tricircle.xjob import daemon
from tricircle.xjob import metrics
from tricircle.xjob import pace
from tricircle.xjob.job import sweep

LOG = logging.getLogger(__name__)
PROG: Final = 'tricircle-xjob'
#: One for each of fifty regions that a router is laid out over. Those that a
#: pool does not keep are opened for one transaction and closed again: with a
#: pool of 5 that was a third of what XJob had a processor for. Two regions
#: open no more than before.
_KEPT_CONNECTIONS: Final = 50
_COMMAND_LINE = [
    cfg.BoolOpt(
        'sweep',
        default=False,
        help='Compare regions with central once, print what differs, and '
        'end. What differs is recorded, and made right by the tricircle-xjob '
        'that runs.',
    ),
    cfg.MultiStrOpt(
        'region',
        default=[],
        help='Region to compare with --sweep; may be repeated. All regions '
        'when absent.',
    ),
]


def _sweep(conf: cfg.ConfigOpts) -> int:
    """Compare regions and print; 1 when one could not be compared."""
    known = sweep.known_regions()
    unknown = sorted(set(conf.region) - set(known))
    if unknown:
        print(
            f'tricircle-xjob: there is no pod of region {", ".join(unknown)}; '
            f'there are {", ".join(known) or "none"}',
            file=sys.stderr,
        )
        return 2
    failed = False
    for name in conf.region or known:
        print(f'{name} ...', end=' ', flush=True)
        summary = sweep.Summary(name)
        reason = None
        try:
            sweep.sweep(
                region_client.RegionClient(conf, name),
                summary=summary,
                held=pace.Pace(lambda: conf.sweep_rate, time.sleep),
            )
        except region_client.RegionError as exc:
            reason = str(exc)
            failed = True
        compared = ', '.join(
            f'{kind} {number}' for kind, number in summary.compared.items()
        )
        if reason is None:
            print(f'{len(summary.found)} differences ({compared})')
        elif not compared:
            print(f'not compared: {reason}')
        else:
            print(
                f'not compared to the end: {reason}; until then '
                f'{len(summary.found)} differences ({compared})'
            )
        for resource_type, resource_id, what in summary.found:
            print(f'  {resource_type} {resource_id} {what}')
    return 1 if failed else 0


def _work(conf: cfg.ConfigOpts) -> int:
    host, port = conf.metrics.host, conf.metrics.port
    works = daemon.Daemon(conf)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(metrics.served(host, port, works.states))
        except OSError as exc:
            raise program.CannotWork(
                f'cannot listen on [metrics] host {host}, port {port}: {exc}. '
                'Stop what listens there, or correct the options.'
            ) from exc
        return works.run()


def _run(argv: list[str]) -> int:
    conf = cfg.CONF
    for area in (client, database, xjob):
        area.register(conf)
    metrics_conf.register_xjob(conf)
    logging.register_options(conf)
    conf.register_cli_opts(_COMMAND_LINE)
    reading.read(conf, argv, PROG)
    reading.set_up_logging(conf, PROG)
    auth.check(conf)
    # The first looks at the database and its tables as well.
    for check in (central_region.check, auth.check_keystone):
        if conf.sweep:
            check(conf)
        else:
            program.wait(conf, check, LOG.warning)
    sessions.configure(conf, kept=_KEPT_CONNECTIONS)
    if conf.sweep:
        return _sweep(conf)
    return _work(conf)


def main(argv: list[str] | None = None) -> int:
    """Run until stopped; 1 when it cannot start, 2 when asked wrongly."""
    return program.run(PROG, _run, argv)


if __name__ == '__main__':
    sys.exit(main())
