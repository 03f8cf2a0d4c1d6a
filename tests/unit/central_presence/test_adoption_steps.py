# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An adoption from the request to its end, whoever dies on the way."""

import itertools
import json
from typing import Any
from unittest import mock

import sqlalchemy as sa

from tests.unit.central_presence import base
from tests.unit.central_presence import test_adoption
from tests.unit.central_presence.adopted_region import Region
from tricircle.central.adoption import steps
from tricircle.central.departure import steps as departure_steps
from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import refusals
from tricircle.db.central.models import JournalEntry
from tricircle.db.central.models import Pod
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.db.central.pod import adoptions
from tricircle.drift import comparing
from tricircle.drift import recording
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.plan.adoption import networks as adoption
from tricircle.replica import types
from tricircle.xjob.job import carry_out
from tricircle.xjob.job import own_networks


class _Died(BaseException):
    """Of no kind that anything but a test catches."""


def there_unknown(port_id: str) -> comparing.Window:
    """Return a window with a port that central does not know of."""
    return comparing.Window(
        types.PORT,
        1,
        {port_id: comparing.Difference.UNKNOWN},
        {port_id: 0},
        (),
    )


class AdoptionStepsTestCase(test_adoption.AdoptionTestCase):
    """XJob and central's worker, one step after the other."""

    def setUp(self) -> None:
        super().setUp()
        sessions.use(base.db_api.get_context_manager())
        self.found = test_adoption.region_network()
        self.id = self.found.network['id']
        self.region = Region(self.found)
        self.numbers = itertools.count()

    def do(self, function: Any, *arguments: Any) -> Any:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            found = function(self.context.session, *arguments)
            self.context.session.flush()
        self.context.session.expire_all()
        return found

    def ask_for(self, region_name: str = 'RegionOne') -> None:
        self.do(adoptions.ask, region_name, self.id, 'u')

    def progress(self) -> tuple[str, str | None]:
        found = self.do(adoptions.get, self.id)
        return found.row.state, found.row.reason

    def jobs(self) -> set[str]:
        """Return the types of the jobs that there are of the adoption."""
        with base.db_api.CONTEXT_READER.using(self.context):
            return set(
                self.context.session.scalars(
                    sa.select(JournalEntry.resource_type).where(
                        JournalEntry.resource_id == self.id,
                        JournalEntry.pending,
                        JournalEntry.resource_type.in_(
                            [types.ADOPTION, types.ADOPTION_ROWS]
                        ),
                    )
                )
            )

    def let_go(self) -> None:
        """Have leases of the dead be over."""
        self.do(
            lambda session: session.execute(
                sa.update(JournalEntry).values(
                    lease_owner=None, lease_until=None
                )
            )
        )

    def run_once(self) -> bool:
        """Carry out all jobs of the adoption that there are."""
        jobs = claims.claim('RegionOne', 'me', 100, 60.0)
        for job in jobs:
            if job.resource_type == types.ADOPTION:
                client: Any = self.region
                carry_out.carry_out(base.base.cfg.CONF, client, job)
        job = claims.claim_for_central('central', 'me', 60.0)
        if job is not None:
            steps.carry_out(job.resource_id)
            job_ends.remove(job, lambda session: None)
        self.let_go()
        return bool(self.jobs())

    def run_all(self) -> None:
        while self.run_once():
            pass

    def assert_untouched(self) -> None:
        self.assertNotIn(self.id, self.known())
        self.assertFalse(self.region.is_central)

    def assert_whole(self) -> None:
        for wanted in adoption.ids(self.found).values():
            self.assertLessEqual(set(wanted), self.known())
        self.assertTrue(self.region.is_central)
        self.assertGreaterEqual(self.region.reported, 1)

    # -- the happy way --------------------------------------------------------

    def test_it_is_done_and_nothing_is_left_to_do(self):
        self.ask_for()
        self.assertEqual(('looking', None), self.progress())

        self.run_all()

        self.assertEqual(('done', None), self.progress())
        self.assert_whole()
        row = self.do(adoptions.get, self.id).row
        self.assertEqual(('RegionOne', 'u'), (row.region_name, row.user_id))
        self.assertIsNone(row.word)
        (default,) = self.plugin.get_security_groups(
            self.context, {'name': ['default'], 'project_id': [base.PROJECT]}
        )
        self.assertEqual(default['id'], self.region.default_group)

    def test_to_ask_twice_is_to_ask_once(self):
        self.ask_for()
        self.ask_for()
        self.run_all()
        self.ask_for()
        self.run_all()

        self.assertEqual(('done', None), self.progress())
        self.assertEqual(1, self.region.looks)

    # -- refusals ------------------------------------------------------------

    def test_what_central_cannot_have_is_refused_before_the_region_is_asked(
        self,
    ):
        base.base.cfg.CONF.set_override('quota_port', 1, group='QUOTAS')
        self.ask_for()

        self.run_all()

        state, reason = self.progress()
        self.assertEqual('refused', state)
        self.assertIn('port', reason)
        self.assert_untouched()

        base.base.cfg.CONF.set_override('quota_port', 10, group='QUOTAS')
        self.ask_for()
        self.run_all()
        self.assertEqual(('done', None), self.progress())

    def test_what_central_cannot_have_any_more_is_given_back(self):
        self.ask_for()
        while self.progress()[0] != AdoptionState.MAKING:
            self.run_once_of_xjob_or_central()
        self.assertTrue(self.region.is_central)
        self.make(
            'network',
            **{
                'provider:network_type': 'vxlan',
                'provider:segmentation_id': 7001,
            },
        )

        self.run_all()

        state, reason = self.progress()
        self.assertEqual('refused', state)
        self.assertIn('7001', reason)
        self.assert_untouched()

    def run_once_of_xjob_or_central(self) -> None:
        """Take the steps of one of the two."""
        jobs = [
            one
            for one in claims.claim('RegionOne', 'me', 100, 60.0)
            if one.resource_type == types.ADOPTION
        ]
        if jobs:
            client: Any = self.region
            own_networks.carry_out(client, jobs[0])
        else:
            steps.carry_out(self.id)
        self.let_go()

    def test_what_the_region_has_not_is_refused(self):
        for word in (
            {'network': {'id': base.uuid.uuid4().hex}},
            {'is_central': True},
        ):
            with self.subTest(word):
                self.region = Region(self.found)
                if 'network' in word:
                    self.region.word['network'] = word['network']
                else:
                    self.region.is_central = True
                self.ask_for()
                self.run_all()
                self.assertEqual('refused', self.progress()[0])
                self.assertNotIn(self.id, self.known())

    def test_one_region_at_a_time_and_only_what_central_has_not(self):
        self.ask_for()
        self.assertRaises(refusals.Conflict, self.ask_for, 'RegionTwo')
        self.assertRaises(refusals.Invalid, self.ask_for, 'CentralRegion')
        self.assertRaises(refusals.Invalid, self.ask_for, 'RegionNine')
        self.assertRaises(refusals.NotFound, self.do, adoptions.get, 'another')
        self.id = self.make_network()['id']
        self.assertRaises(refusals.Conflict, self.ask_for)

    def test_a_region_that_leaves_adopts_nothing(self):
        self.ask_for()
        self.leave('draining')
        self.run_all()

        self.assertEqual('refused', self.progress()[0])
        self.assert_untouched()
        self.assertRaises(refusals.Conflict, self.ask_for)

    # -- changes meanwhile ---------------------------------------------------

    def test_what_changes_meanwhile_is_looked_at_again(self):
        self.region.changing = 2
        self.ask_for()

        self.run_all()

        self.assertEqual(('done', None), self.progress())
        self.assertEqual(3, self.region.looks)
        self.assert_whole()

    def test_what_changes_all_the_time_is_refused(self):
        self.region.changing = 1000
        self.ask_for()

        self.run_all()

        self.assertEqual('refused', self.progress()[0])
        self.assertEqual(own_networks.MOST_CHANGES + 1, self.region.looks)
        self.assert_untouched()

    # -- deaths --------------------------------------------------------------

    def test_a_region_that_is_away_is_asked_again(self):
        self.ask_for()
        while self.progress()[0] != 'done':
            self.region.failure = region_client.RegionUnreachable('away')
            state = self.progress()[0]
            jobs = claims.claim('RegionOne', 'me', 100, 60.0)
            if any(one.resource_type == types.ADOPTION for one in jobs):
                self.let_go()
                self.assertRaises(
                    region_client.RegionUnreachable, self.run_once
                )
                self.assertEqual(state, self.progress()[0])
            self.let_go()
            self.region.failure = None
            self.run_once_of_xjob_or_central()
        self.assert_whole()

    def test_a_region_where_it_is_too_early_is_asked_again(self):
        self.ask_for()
        while self.progress()[0] != 'taking-over':
            self.run_once_of_xjob_or_central()
        self.region.failure = region_client.ReplicaRefused(
            409, 'AdoptionAnnounced', 'too early'
        )
        self.assertRaises(region_client.ReplicaRefused, self.run_once)
        self.assertEqual('taking-over', self.progress()[0])
        self.let_go()

        self.region.failure = None
        self.run_all()

        self.assertEqual(('done', None), self.progress())
        self.assertEqual(1, self.region.looks)

    def test_who_dies_at_a_step_leaves_it_to_the_next(self):
        for point in (
            'xjob.adoption.step',
            'xjob.adoption.taken_over',
            'central.adoption.network',
            'central.adoption.made',
            'central.adoption.step',
        ):
            for nth in (1, 2):
                with self.subTest(point=point, nth=nth):
                    self._dies(point, nth)

    def _dies(self, point: str, nth: int) -> None:
        base.base.cfg.CONF.set_override(
            'quota_security_group', -1, group='QUOTAS'
        )
        self.found = test_adoption.region_network(7100 + next(self.numbers))
        self.id = self.found.network['id']
        self.region = Region(self.found)
        seen = []

        def reach(name: str) -> None:
            if name == point:
                seen.append(name)
                if len(seen) == nth:
                    raise _Died

        self.ask_for()
        with mock.patch.object(fault_point, 'reach', reach):
            try:
                self.run_all()
            except _Died:
                self.let_go()
                # Whole on either side, and never only in central.
                if self.id in self.known():
                    self.assertTrue(self.region.is_central)
        self.run_all()

        self.assertEqual(('done', None), self.progress())
        self.assert_whole()

    # -- regions that leave --------------------------------------------------

    def leave(self, state: str) -> str:
        """Have RegionOne leave; return the ID of its pod."""

        def change(session: Any) -> str:
            pod = session.scalars(
                sa.select(Pod).where(Pod.region_name == 'RegionOne')
            ).one()
            pod.state, pod.ends = state, True
            return str(pod.pod_id)

        return str(self.do(change))

    def test_a_region_that_leaves_gets_back_what_it_gave(self):
        self.ask_for()
        while self.progress()[0] != AdoptionState.MAKING:
            self.run_once_of_xjob_or_central()
        pod_id = self.leave('draining')
        self.assertFalse(departure_steps.depart(pod_id))

        self.run_all()

        self.assertEqual('refused', self.progress()[0])
        self.assert_untouched()
        while not departure_steps.depart(pod_id):
            pass
        self.assertEqual('refused', self.progress()[0])

    def test_what_a_lost_region_was_giving_is_not_waited_for(self):
        self.ask_for()
        while self.progress()[0] != AdoptionState.MAKING:
            self.run_once_of_xjob_or_central()
        pod_id = self.leave('lost')

        for _ in range(5):
            if departure_steps.depart(pod_id):
                break

        state, reason = self.progress()
        self.assertEqual('refused', state)
        self.assertIn('lost', reason)
        steps.carry_out(self.id)
        self.assertNotIn(self.id, self.known())

    # -- the rest of XJob ----------------------------------------------------

    def test_a_sweep_leaves_alone_what_central_is_yet_to_make(self):
        self.ask_for()
        port_id = self.found.ports[0]['id']
        while self.progress()[0] != 'done':
            if self.region.is_central and self.id not in self.known():
                recording.record('RegionOne', there_unknown(port_id))
                self.assertEqual([], self.entries(port_id))
            self.run_once_of_xjob_or_central()
        recording.record('RegionTwo', there_unknown('unheard-of'))
        self.assertEqual(['RegionTwo'], self.entries('unheard-of'))

    def entries(self, resource_id: str) -> list[str]:
        with base.db_api.CONTEXT_READER.using(self.context):
            return list(
                self.context.session.scalars(
                    sa.select(JournalEntry.region_name).where(
                        JournalEntry.resource_id == resource_id
                    )
                )
            )

    def test_the_word_is_kept_as_the_region_said_it(self):
        self.ask_for()
        self.run_once_of_xjob_or_central()

        row = self.do(adoptions.get, self.id).row

        self.assertEqual(
            self.region.word['ports'], json.loads(row.word)['ports']
        )
