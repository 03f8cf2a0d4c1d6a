# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How every program ends that cannot do its work: with one line that says why.

The line names the option and the remedy. A traceback is for defects of the
program.
"""

from collections.abc import Callable
import sys
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_db import options as db_options
from sqlalchemy import exc as sa_exc
import tenacity
import waitress

from tricircle.client import auth
from tricircle.client import tls
from tricircle.conf import database
from tricircle.conf import reading
from tricircle.db import readiness
from tricircle.db import session as sessions


class CannotWork(Exception):
    """A program cannot do what it is for; the text says why."""


def wait(
    conf: cfg.ConfigOpts,
    check: Callable[[cfg.ConfigOpts], None],
    say: Callable[[str], None],
) -> None:
    """Check what a program works with, and wait while it does not answer.

    As often as ``[database] max_retries`` says, each ``retry_interval``
    seconds: what else is wrong does not heal by itself.

    :param check: raises what it finds
    :param say: told what is waited for
    :raises tricircle.db.readiness.DatabaseAway: it did not answer in that
        time
    :raises tricircle.client.auth.KeystoneAway: likewise
    """
    db_options.set_defaults(conf)
    retries, interval = conf.database.max_retries, conf.database.retry_interval
    tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(
            (readiness.DatabaseAway, auth.KeystoneAway)
        ),
        wait=tenacity.wait_fixed(interval),
        stop=(
            tenacity.stop_never
            if retries < 0
            else tenacity.stop_after_attempt(retries + 1)
        ),
        before_sleep=lambda state: say(
            f'{state.outcome and state.outcome.exception()} It is tried again '
            f'in {interval} s.'
        ),
        reraise=True,
    )(check, conf)


def run(
    prog: str,
    body: Callable[[list[str]], int],
    argv: list[str] | None,
    code: int = 1,
) -> int:
    """Run the body of a program; return its exit code.

    :param argv: what it is called with; None for that of the process
    :param code: the exit code when it cannot do its work
    """
    try:
        return body(sys.argv[1:] if argv is None else argv)
    except (
        CannotWork,
        reading.ConfigurationError,
        sessions.DatabaseUnusable,
        auth.CredentialsMissing,
        tls.FileUnusable,
        auth.KeystoneUnusable,
    ) as exc:
        reason = str(exc)
    except (sa_exc.SQLAlchemyError, db_exc.DBError) as exc:
        database.register(cfg.CONF)
        reason = str(readiness.explained(cfg.CONF, exc))
    except KeyboardInterrupt:
        reason = 'interrupted'
    print(f'{prog}: {" ".join(reason.split())}', file=sys.stderr)
    return code


def serve(
    app: Any, prog: str, address: tuple[str, int], threads: int, group: str
) -> None:
    """Serve a WSGI application until the process is stopped.

    :param address: to listen on
    :param threads: how many requests are served at once
    :param group: where the options of the address are
    :raises CannotWork: nothing can listen there
    """
    host, port = address
    try:
        waitress.serve(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=prog,
            # [oslo_middleware] says whether they are believed.
            clear_untrusted_proxy_headers=False,
        )
    except (OSError, ValueError) as exc:
        # What waitress cannot resolve is a ValueError.
        raise CannotWork(
            f'cannot listen on {group} bind_host {host}, bind_port {port}: '
            f'{exc}. Stop what listens there, or correct the options.'
        ) from exc
