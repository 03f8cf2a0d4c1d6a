# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the sweep reads of a region, page by page."""

from typing import Any
from unittest import mock

from oslo_db import exception as db_exc

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.db.local_models import State
from tricircle.local import leases
from tricircle.local import security_group_applier
from tricircle.replica import types
from tricircle.replica.document import Document


class TestPages(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.good, self.bad = documents.group(), documents.group()
        self.apply(self.good, self.bad)

    def fails(self, error: Exception) -> None:
        observe = security_group_applier.SecurityGroupApplier.observe

        def fail(
            applier: Any, context: Any, resource_id: str, desired: Any
        ) -> Any:
            if resource_id == self.bad.id:
                raise error
            return observe(applier, context, resource_id, desired)

        patch = mock.patch.object(
            security_group_applier.SecurityGroupApplier, 'observe', fail
        )
        patch.start()
        self.addCleanup(patch.stop)

    def page(self) -> tuple[int, dict[str, Any]]:
        status, body = self.ask('GET', '/replicas/security-group')
        return status, {
            one['id']: one['digest'] for one in body.get('replicas', ())
        }

    def test_what_cannot_be_read_back_hides_nothing_else(self) -> None:
        self.fails(KeyError('what'))

        self.assertEqual(
            (200, {self.good.id: self.good.digest, self.bad.id: None}),
            self.page(),
        )

    def test_a_database_that_is_away_says_nothing_of_anything(self) -> None:
        self.fails(db_exc.DBConnectionError())

        status, _digests = self.page()

        self.assertEqual(500, status)

    def begun(self, document: Document) -> None:
        """Begin to apply what is here, and be killed at the end."""
        with leases.leased(document.type, document.id) as lease:
            lease.begin()

    def test_what_was_begun_and_left_is_not_whole(self) -> None:
        self.begun(self.bad)

        self.assertEqual(
            {self.good.id: self.good.digest, self.bad.id: None},
            self.page()[1],
        )
        self.apply(self.bad)
        row = self.row(types.SECURITY_GROUP, self.bad.id)
        self.assertEqual(State.PRESENT, row.state)

    def test_what_is_being_applied_is_asked_for_by_itself(self) -> None:
        with leases.leased(self.bad.type, self.bad.id) as lease:
            lease.begin()

            self.assertEqual({self.good.id}, {*self.page()[1]})
            status, body = self.ask(
                'GET', f'/replicas/security-group/{self.bad.id}'
            )

        self.assertEqual(200, status)
        self.assertEqual(self.bad.digest, body['replica']['digest'])
