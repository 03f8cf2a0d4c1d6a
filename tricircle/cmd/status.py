# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-status upgrade check``."""

from collections.abc import Callable
import functools
import sys

from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_log import log as logging
from oslo_upgradecheck import upgradecheck
from sqlalchemy import exc as sa_exc
from sqlalchemy import orm

import tricircle
from tricircle.client import auth
from tricircle.client import tls
from tricircle.cmd import central_region
from tricircle.cmd import program
from tricircle.conf import api
from tricircle.conf import client
from tricircle.conf import database
from tricircle.conf import reading
from tricircle.conf import xjob
from tricircle.db import readiness
from tricircle.db import session as sessions
from tricircle.db.central.pod import pods
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

PROG = 'tricircle-status'
_SECONDS = 5.0

Check = Callable[['Checks'], upgradecheck.Result]


def _failure(reason: object) -> upgradecheck.Result:
    return upgradecheck.Result(upgradecheck.Code.FAILURE, str(reason))


def _reported(check: Check) -> Check:
    """Make a failure of what a check finds, whatever it is."""

    @functools.wraps(check)
    def run(checks: 'Checks') -> upgradecheck.Result:
        try:
            return check(checks)
        except (
            sessions.DatabaseUnusable,
            auth.CredentialsMissing,
            tls.FileUnusable,
            auth.KeystoneUnusable,
        ) as exc:
            return _failure(exc)
        except (sa_exc.SQLAlchemyError, db_exc.DBError) as exc:
            return _failure(readiness.explained(cfg.CONF, exc))
        except Exception as exc:
            # One that cannot be made must not keep the others from it.
            return _failure(f'Not checked: {type(exc).__name__}: {exc}')

    return run


class Checks(upgradecheck.UpgradeCommands):
    """What keeps the programs from working, and what an upgrade needs."""

    @_reported
    def _check_tables(self) -> upgradecheck.Result:
        """The database is central's, with the tables of this release."""
        readiness.check(cfg.CONF)
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_reported
    def _check_keystone(self) -> upgradecheck.Result:
        """Keystone gives a token to those who call the Neutrons."""
        auth.check_keystone(cfg.CONF)
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_reported
    def _check_regions(self) -> upgradecheck.Result:
        """Each region that there is a pod of has a Neutron that answers."""
        named = central_region.regions(cfg.CONF)
        central = cfg.CONF.client.top_region_name
        if not central:
            return _failure(
                '[client] top_region_name is not set: name the region of '
                'central Neutron.'
            )
        if central not in named:
            return _failure(central_region.unknown(central, named))
        auth.check_keystone(cfg.CONF)
        unknown = [name for name in named if not _endpoint(name)]
        if unknown:
            return _failure(
                f'Keystone has no endpoint of the type network and the '
                f'interface {cfg.CONF.client.endpoint_interface} in '
                f'{", ".join(unknown)}: make it, or correct [client] '
                'endpoint_interface, endpoint_overrides or the pod.'
            )
        away = [name for name in named if not _answers(name)]
        if away:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                f'The Neutron of {", ".join(away)} does not answer.',
            )
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_reported
    def _check_identities(self) -> upgradecheck.Result:
        """Each pod says who acts for its region."""
        readiness.check(cfg.CONF)
        with (
            readiness.connected(cfg.CONF) as connection,
            orm.Session(connection) as session,
        ):
            found = pods.without_identity(session)
        if found:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                f'Any service may act for {", ".join(found)}: name the user '
                'that does (openstack multiregion networking pod set '
                '--service-user).',
            )
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_reported
    def _check_releases(self) -> upgradecheck.Result:
        """Each region is of a release that goes with this one."""
        readiness.check(cfg.CONF)
        with (
            readiness.connected(cfg.CONF) as connection,
            orm.Session(connection) as session,
        ):
            found = noted.of_regions(session)
        own = releases.own(tricircle.__version__)
        reasons = [
            f'{name} runs {one.version}: {why}'
            for name, one in found.items()
            if (why := releases.apart(own, one)) is not None
        ]
        if reasons:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                f'This is {own.version}, and {"; ".join(reasons)}. Upgrade '
                'one release at a time, first central, then the regions.',
            )
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    _upgrade_checks = (
        ('Database and its tables', _check_tables),
        ('Keystone', _check_keystone),
        ('Regions', _check_regions),
        ('Identities of pods', _check_identities),
        ('Releases of regions', _check_releases),
    )


def _endpoint(region_name: str) -> str | None:
    try:
        found: str | None = auth.region_adapter(
            cfg.CONF, region_name
        ).get_endpoint()
    except ksa_exc.ClientException:
        return None
    return found


def _answers(region_name: str) -> bool:
    try:
        auth.region_adapter(cfg.CONF, region_name).get(
            '/', raise_exc=False, authenticated=False, timeout=_SECONDS
        )
    except ksa_exc.ClientException:
        return False
    return True


def _run(argv: list[str]) -> int:
    conf = cfg.CONF
    checks = Checks()
    for area in (api, client, database, xjob):
        area.register(conf)
    logging.register_options(conf)
    upgradecheck.register_cli_options(conf, checks)
    reading.read(conf, argv, PROG)
    return int(upgradecheck.run(conf))


def main(argv: list[str] | None = None) -> int:
    """Run the checks; 0 fine, 1 warning, 2 failure."""
    return program.run(PROG, _run, argv, code=2)


if __name__ == '__main__':
    sys.exit(main())
