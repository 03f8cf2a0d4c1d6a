# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What XJob and tenants ask of a database with 100,000 journal entries."""

from collections.abc import Callable, Iterator
from typing import Any
import uuid

from oslo_config import cfg
from oslo_db.sqlalchemy import enginefacade
import pytest

from tests.functional import at_scale
from tests.functional import central_alone
from tests.functional.cloud import mariadb
from tricircle.client import region as region_client
from tricircle.conf import database as database_conf
from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence
from tricircle.db.central import routings
from tricircle.db.central import sources
from tricircle.db.central.job import changes as job_changes
from tricircle.db.central.job import jobs
from tricircle.db.central.job import pauses
from tricircle.db.central.pod import pods
from tricircle.db.central.port import releases as port_releases
from tricircle.drift import adoption
from tricircle.journal import claims
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal import sweep as journal_sweep
from tricircle.journal import wakeup
from tricircle.journal.job import Job
from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.replica.document import Generation
from tricircle.xjob import agenda
from tricircle.xjob import together
from tricircle.xjob.job import sweep

ONE = 'RegionOne'
OWNER = 'somebody'


@pytest.fixture(scope='module')
def central() -> Iterator[central_alone.CentralAlone]:
    """A central of its own: nobody else would like so much in it."""
    with central_alone.CentralAlone.running() as found:
        at_scale.fill(found.process.database)
        yield found


@pytest.fixture
def xjob(
    central: central_alone.CentralAlone, monkeypatch: pytest.MonkeyPatch
) -> Iterator[mariadb.Database]:
    """The database as XJob has it, in this process."""
    database = central.process.database.for_user('xjob_at_scale')
    conf = cfg.ConfigOpts()
    database_conf.register(conf)
    conf([], project='tricircle')
    conf.set_override('tricircle_db_connection', database.url)
    monkeypatch.setattr(
        sessions, '_manager', enginefacade.transaction_context()
    )
    # There is no broker.
    monkeypatch.setattr(wakeup, 'after_commit', lambda *_: None)
    sessions.configure(conf)
    sweep.plan(0)
    yield database
    claims.give_back(OWNER)
    sessions._manager.dispose_pool()


class Region:
    """A region that has all that central wants of it, page by page."""

    region_name = ONE

    def page(
        self, resource_type: str, marker: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """Return the next page of what it has."""
        with sessions.reader() as session:
            entries = journal_sweep.page(
                session, ONE, resource_type, marker, limit
            )
        return [
            {
                'id': one.resource_id,
                'digest': 'sha256:x',
                'epoch': 1,
                'counter': 3,
            }
            for one in entries
        ]

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """Refuse: it has nothing that it did not list."""
        raise region_client.ReplicaRefused(404, 'NotFound', resource_id)


def _claimed(limit: int = 1) -> list[Job]:
    jobs: list[Job] = claims.claim(ONE, OWNER, limit, 60.0)
    assert jobs
    return jobs


def _all_are_given_back() -> None:
    _claimed(10)
    claims.give_back(OWNER)


def _jobs_end() -> None:
    for job in _claimed(4):
        with sessions.reader() as session:
            job_ends.unconfirmed(session, job)
        job_ends.overtake(job, Generation(1, 1))
    for end in (
        lambda job: job_ends.finish(job, 'sha256:x', ()),
        lambda job: job_ends.fail(job, 'away', 60.0),
        claims.put_back,
        lambda job: job_ends.remove(job, lambda session: None),
    ):
        end(_claimed()[0])


def _jobs_end_together() -> None:
    first, second, *others = _claimed(10)
    assert not job_ends.finish_together(
        [
            job_ends.End(first, 'sha256:x', ['network.qinq']),
            *(job_ends.End(one, 'sha256:x') for one in others),
        ]
    )
    claims.put_back(second)


def _jobs_are_read_together() -> None:
    together.documents(ONE, _claimed(50))


def _a_page_is_swept() -> None:
    pages = iter(range(3))
    sweep.sweep(
        Region(),  # type: ignore[arg-type]
        lambda: next(pages, None) is not None,
    )


def _the_middle_is_paged() -> None:
    with sessions.reader() as session:
        for kind in kinds.BY_TYPE:
            journal_sweep.page(
                session, ONE, kind, '00000800-0000-4000-8000-000000000002', 50
            )


def _lost_rows_are_adopted() -> None:
    with sessions.writer() as session:
        for kind in (types.NETWORK, types.PORT, types.SECURITY_GROUP):
            adoption.adopt(session, ONE, kind, {str(uuid.uuid4()): 3})


def _planned(session: Any) -> None:
    network = at_scale.LARGE_NETWORK
    port = '00000001-0000-4000-8000-000000000002'
    for kind, id_ in (
        (types.NETWORK, '00000001-0000-4000-8000-000000000000'),
        (types.PORT, port),
        (types.SHADOW_PORTS, types.shadow_id(network, 7)),
    ):
        try:
            central_state.document(session, kind, id_, ONE, intent.generations)
        except sources.MissingReservation:
            # The rest of it is read all the same.
            pass
    port_releases.is_wanted(session, port, ONE)
    presence.held_elsewhere(session, port, ONE)
    presence.regions_of_project(session, 'p7')
    intent.states(session, types.PORT, port)


def _documents_are_made() -> None:
    with sessions.reader() as session:
        _planned(session)


def _replicas_are_removed() -> None:
    with sessions.writer() as session:
        presence.revoke(session, types.PORT, str(uuid.uuid4()), ONE)
        port_releases.finish(session, str(uuid.uuid4()), ONE)
        intent.forget_chunks(session, at_scale.LARGE_NETWORK, ONE)
        router_intents.remove_piece(session, str(uuid.uuid4()), ONE)
        router_intents.forget_removed(session, [str(uuid.uuid4())])


def _routers_are_looked_for_again() -> None:
    with sessions.writer() as session:
        router_intents.look_again(session)


def _nothing_of_a_paused_region_is_claimed() -> None:
    with sessions.writer() as session:
        (pod,) = pods.find(session, {'region_name': ONE})
        pauses.pause_region(session, pod.pod_id, None)
    try:
        assert claims.claim(ONE, OWNER, 10, 60.0) == []
        assert ONE not in agenda.read()
    finally:
        with sessions.writer() as session:
            pauses.resume_region(session, pod.pod_id)


def _jobs_are_paused_and_resumed() -> None:
    (job,) = _claimed()
    claims.give_back(OWNER)
    with sessions.writer() as session:
        pauses.pause_job(session, job.id, None)
    assert job.id not in {one.id for one in _claimed(10)}
    with sessions.writer() as session:
        pauses.resume_job(session, job.id)


XJOB: dict[str, Callable[[], object]] = {
    'claim of a paused region': _nothing_of_a_paused_region_is_claimed,
    'claim beside a paused job': _jobs_are_paused_and_resumed,
    'claim': lambda: _claimed(10),
    'claim of the sweep': lambda: claims.claim_sweep(ONE, OWNER, 60.0),
    'renewal': lambda: claims.renew(
        OWNER, [job.id for job in _claimed()], 60.0
    ),
    'ends of jobs': _jobs_end,
    'ends together': _jobs_end_together,
    'documents together': _jobs_are_read_together,
    'giving back': _all_are_given_back,
    'owners': claims.owners,
    'agenda': agenda.read,
    'plan of sweeps': lambda: sweep.plan(300.0),
    'sweep': _a_page_is_swept,
    'page of a sweep': _the_middle_is_paged,
    'adoption': _lost_rows_are_adopted,
    'documents': _documents_are_made,
    'removals': _replicas_are_removed,
    'claim for central': lambda: claims.claim_for_central(
        router_intents.region_name(), OWNER, 60.0
    ),
    'names of central': claims.central_names,
    'second looks': _routers_are_looked_for_again,
    'pulling forward': lambda: claims.pull_forward(ONE),
}


@pytest.mark.parametrize('what', XJOB)
def test_no_statement_of_xjob_scans(xjob: mariadb.Database, what: str) -> None:
    with xjob.server.trace(xjob.user) as trace:
        XJOB[what]()

    found = at_scale.findings(xjob, trace.statements)

    assert [str(one) for one in found] == []


#: Rows that XJob may read for each, of which some read several pages.
_FEW = {
    **dict.fromkeys(XJOB, 200),
    'sweep': 1_000,
    'page of a sweep': 500,
    'documents': 500,
    # Of fifty, some of which are read by halves.
    'documents together': 5_000,
}
# It touches all that has failed, some at a time.
del _FEW['pulling forward']


@pytest.mark.parametrize('what', _FEW)
def test_xjob_reads_few_rows_however_long_the_journal_is(
    xjob: mariadb.Database, what: str
) -> None:
    XJOB[what]()
    claims.give_back(OWNER)
    before = xjob.statements()

    XJOB[what]()

    assert (xjob.statements() - before).rows_read <= _FEW[what]


def _a_project_looks() -> None:
    """What a project's readers may ask for, as often as they like."""
    with sessions.reader() as session:
        seen = jobs.find(session, {}, 'p7', jobs.Order(), 50)
        assert len(seen) == 50
        for key in jobs.SORTS:
            order = jobs.Order(key, False, seen[10].id)
            jobs.find(session, {}, 'p7', order, 50)
        for filters in (
            {'status': 'FAIL', 'min_age': 0.0},
            {'resource_id': seen[0].resource_id},
            {'region_name': ONE, 'type': types.PORT},
        ):
            jobs.find(session, filters, 'p7', jobs.Order(), 50)
        jobs.get(session, seen[0].id, 'p7')
        (first, *_) = routings.find(session, {}, 'p7', None, 50)
        routings.find(session, {'pod_id': first.pod_id}, 'p7', first.id, 50)


def _an_operator_changes_jobs() -> None:
    with sessions.writer() as session:
        (job,) = jobs.find(session, {'status': 'FAIL'}, 'p7', jobs.Order(), 1)
        job_changes.end(session, job.id)
        job_changes.redo(session, job.id)


@pytest.mark.parametrize('what', [_a_project_looks, _an_operator_changes_jobs])
def test_no_statement_of_the_admin_api_scans(
    xjob: mariadb.Database, what: Callable[[], None]
) -> None:
    with xjob.server.trace(xjob.user) as trace:
        what()

    found = at_scale.findings(xjob, trace.statements)

    assert [str(one) for one in found] == []


def test_sweeps_of_all_regions_are_planned_by_one_look(
    xjob: mariadb.Database,
) -> None:
    with xjob.server.trace(xjob.user) as trace:
        sweep.plan(300.0)

    looks = [one for one in trace.statements if 'FROM journal' in one]
    assert len(looks) == 1


def _requests(central: central_alone.CentralAlone) -> None:
    """What tenants and regions ask for, once each."""
    project = uuid.uuid4().hex
    user = central.user(project)
    network = user.create_network()
    subnet = user.create_subnet(network['id'], '10.1.0.0/24')
    group = user.create_security_group(name='g')
    assert (
        central.pull('network', network['id'], ONE, project).ok
        and central.pull('network', network['id'], 'RegionTwo', project).ok
    )
    assert central.pull('security-group', group['id'], ONE, project).ok
    user.update('network', network['id'], name='n')
    user.update('subnet', subnet['id'], name='n')
    user.update('security_group', group['id'], name='n')
    second = user.create_subnet(network['id'], '10.2.0.0/24')
    here = central.allocate(network['id'], ONE, project).json()['port']
    assert central.report(here['id'], ONE).ok
    port = user.create_port(network['id'])
    assert central.pull('port', port['id'], 'RegionTwo', project).ok
    assert central.report(port['id'], 'RegionTwo').ok
    user.update('port', port['id'], name='n')
    user.update('port', here['id'], name='n')
    router = user.create_router()
    user.add_router_interface(router['id'], subnet_id=subnet['id'])
    user.update('router', router['id'], name='n')
    # As a port of the large network.
    large = at_scale.LARGE_NETWORK
    made = central.process.admin.create_port(large, fixed_ips=[])
    assert central.pull('port', made['id'], ONE, 'p', is_admin=True).ok
    assert central.report(made['id'], ONE).ok
    central.process.admin.update('port', made['id'], name='n')
    central.process.admin.remove('port', made['id'])
    for kind, found in (('port', port), ('network', network)):
        central.process.admin.get(f'/{kind}s/{found["id"]}/replicas')
    user.remove_router_interface(router['id'], subnet_id=subnet['id'])
    user.remove('router', router['id'])
    central.process.admin.remove('port', port['id'])
    assert central.deleted(here['id'], ONE).ok
    user.remove('subnet', second['id'])
    user.remove('network', network['id'])
    user.remove('security_group', group['id'])


def test_no_statement_of_a_request_scans(
    central: central_alone.CentralAlone,
) -> None:
    database = central.process.database
    with database.server.trace(database.user) as trace:
        _requests(central)

    found = at_scale.findings(database, trace.statements)

    assert [str(one) for one in found] == []


def _binding(
    central: central_alone.CentralAlone, network_id: str
) -> mariadb.Statements:
    """Return what it costs that a region binds one more port."""
    database = central.process.database
    made = central.process.admin.create_port(network_id, fixed_ips=[])
    assert central.pull('port', made['id'], ONE, 'p', is_admin=True).ok
    before = database.statements()
    assert central.report(made['id'], ONE).ok
    after = database.statements()
    central.process.admin.remove('port', made['id'])
    return after - before


def test_a_binding_costs_the_same_on_a_large_network(
    central: central_alone.CentralAlone,
) -> None:
    """That is on one of 5,000 ports, as on one of 20; the first warms up."""
    costs = [
        _binding(central, network)
        for network in (
            at_scale.SMALL_NETWORK,
            at_scale.SMALL_NETWORK,
            at_scale.LARGE_NETWORK,
        )
    ]

    _first, small, large = costs
    assert large.total <= small.total
    # A chunk more or less, and its neighbours.
    assert large.rows_read <= small.rows_read + 4 * at_scale.CHUNK


@pytest.mark.parametrize('chunks', [1, 5])
def test_documents_of_chunks_are_read_together(
    xjob: mariadb.Database, chunks: int
) -> None:
    def read() -> dict[str, Any]:
        with sessions.reader() as session:
            return dict(
                central_state.documents(
                    session,
                    types.SHADOW_PORTS,
                    [
                        types.shadow_id(at_scale.LARGE_NETWORK, number)
                        for number in range(chunks)
                    ],
                    ONE,
                    intent.generations,
                )
            )

    assert len(read()) == chunks
    before = xjob.statements()

    read()

    assert (xjob.statements() - before).selects <= 10
