# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


from unittest import mock

from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tests.unit.central import base
import tricircle
from tricircle.central.engine import release
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted


class ReleaseTest(base.CentralTestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(sessions, '_manager', None))
        sessions.use(db_api.get_context_manager())
        self.release = release.own()

    def running(self):
        with sessions.reader() as session:
            return noted.running(session)

    def extensions(self):
        with sessions.reader() as session:
            return noted.extensions_of_central(session)

    def test_what_central_runs_and_serves_is_noted(self):
        self.release.look()

        [one] = self.running()
        self.assertEqual(
            (noted.CENTRAL, tricircle.__version__), (one.program, one.version)
        )
        self.assertEqual(
            {
                one['alias']
                for one in self.request('GET', 'extensions')['extensions']
            },
            self.extensions(),
        )

    def test_it_is_noted_again_after_a_while_only(self):
        self.release.look()
        with sessions.writer() as session:
            session.execute(noted.NOTED.delete())

        self.release.look()
        self.assertEqual([], self.running())

        with mock.patch.object(durations, 'RELEASE_AGAIN', 0.0):
            another = release.own()
            another.look()
        self.assertEqual(1, len(self.running()))

    def test_a_database_that_is_away_keeps_nobody_from_the_work(self):
        away = db_exc.DBConnectionError(OSError('no route'))
        with mock.patch.object(
            noted, 'note_own', autospec=True, side_effect=away
        ) as note:
            self.release.look()

        self.assertTrue(note.called)
