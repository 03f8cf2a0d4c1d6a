# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which tables a region starts with."""

from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.db.migration import local
from tricircle.local.process import database


class TablesTest(base.RegionTestCase):
    def put_versions(self, *versions: str) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            session.execute(
                sa.text(
                    f'CREATE TABLE {local.VERSION_TABLE} (version_num text)'
                )
            )
            for version in versions:
                session.execute(
                    sa.text(
                        f'INSERT INTO {local.VERSION_TABLE}'  # noqa: S608
                        f" VALUES ('{version}')"
                    )
                )
        self.addCleanup(self.drop_versions)

    def drop_versions(self) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.text(f'DROP TABLE {local.VERSION_TABLE}')
            )

    def test_the_tables_of_this_release_are_taken(self) -> None:
        self.put_versions(*local.heads())

        database.check_tables()

    def test_tables_of_another_release_are_refused(self) -> None:
        self.put_versions('0123456789ab')

        self.assertRaisesRegex(
            database.TablesUnusable,
            'version 0123456789ab.*--subproject tricircle upgrade heads',
            database.check_tables,
        )

    def test_both_branches_are_needed(self) -> None:
        self.put_versions(sorted(local.heads())[0])

        self.assertRaises(database.TablesUnusable, database.check_tables)
