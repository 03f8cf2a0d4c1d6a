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

import sys

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from tricircle.conf import database
from tricircle.db import pods
from tricircle.db import session as sessions
from tricircle.db.migration import central


class Checks(upgradecheck.UpgradeCommands):
    """What an operator should know before an upgrade."""

    def _check_tables(self) -> upgradecheck.Result:
        """The tables are those of this release."""
        try:
            version = central.version(sessions.connection(cfg.CONF))
        except sessions.DatabaseNotConfigured as exc:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING, f'{exc} Not checked.'
            )
        if version != central.head():
            return upgradecheck.Result(
                upgradecheck.Code.FAILURE,
                f'The tables are at version {version}, this release has '
                f'{central.head()}: run tricircle-db-manage db_sync.',
            )
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    def _check_identities(self) -> upgradecheck.Result:
        """Each pod says who acts for its region."""
        checked = self._check_tables()
        if checked.code != upgradecheck.Code.SUCCESS:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                'Not checked: the tables are not those of this release.',
            )
        sessions.configure(cfg.CONF)
        with sessions.reader() as session:
            found = pods.without_identity(session)
        if found:
            return upgradecheck.Result(
                upgradecheck.Code.WARNING,
                f'Any service may act for {", ".join(found)}: name the user '
                'that does (openstack multiregion networking pod set '
                '--service-user).',
            )
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    _upgrade_checks = (
        ('Tables of central', _check_tables),
        ('Identities of pods', _check_identities),
    )


def main() -> int:
    """Run the checks; 0 fine, 1 warning, 2 failure, 255 unexpected."""
    database.register(cfg.CONF)
    return int(
        upgradecheck.main(
            cfg.CONF, project='tricircle', upgrade_command=Checks()
        )
    )


if __name__ == '__main__':
    sys.exit(main())
