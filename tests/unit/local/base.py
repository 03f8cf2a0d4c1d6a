# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region's Neutron database, on SQLite, with the ledger in it."""

from typing import Any

from neutron.tests.unit import testlib_api
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local import models as local_models
from tricircle.local.engine import ledger


class RegionTestCase(testlib_api.SqlTestCase):
    """Tests with a database and nothing that runs on it."""

    def setUp(self) -> None:
        super().setUp()
        self.context = neutron_context.get_admin_context()

    def skipTest(self, reason: str) -> None:
        """Fail: Neutron's base class skips what violates a foreign key."""
        self.fail(reason)

    def mark(
        self,
        resource_type: str,
        resource_id: str,
        **values: Any,
    ) -> None:
        """Note that something belongs to central."""
        with db_api.CONTEXT_WRITER.using(self.context):
            ledger.mark(
                self.context.session, resource_type, resource_id, **values
            )

    def marked(self, resource_type: str) -> dict[str, Any]:
        """Return the rows of a type in the ledger, by central's ID."""
        row = local_models.Replica
        with db_api.CONTEXT_READER.using(self.context):
            return {
                one.resource_id: (one.local_id, one.parent_id)
                for one in self.context.session.execute(
                    sa.select(
                        row.resource_id, row.local_id, row.parent_id
                    ).where(row.resource_type == resource_type)
                )
            }
