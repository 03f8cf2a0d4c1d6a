# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The rules of alerts: each is fired by the fault that it is for.

A fault is planted, Prometheus' own program is told what the programs then
say for an hour, and says which alerts fire.
"""

from collections.abc import Iterator
import math
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import prometheus_client
import pytest
import sqlalchemy as sa
import yaml

from tests.unit import metrics_page
from tests.unit.api import scraping
from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import record
from tests.unit.api.test_metrics import ago
from tests.unit.api.test_metrics import found
from tests.unit.api.test_statuses import change
from tests.unit.api.test_statuses import swept
from tests.unit.xjob import test_contact
from tests.unit.xjob.test_contact import eventually
from tests.unit.xjob.test_contact import Region
from tests.unit.xjob.test_contact import working
from tricircle.agent.probing import peers
from tricircle.agent.probing import report
from tricircle.agent.probing import rounds
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.job import entries
from tricircle.db.central.pod import contacts
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.replica import types
from tricircle.xjob import metrics as xjob_metrics

region = test_contact.region
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / 'etc' / 'prometheus'
RULES = FOLDER / 'tricircle-alerts.yaml'
PAGE = ROOT / 'doc' / 'source' / 'admin' / 'metrics.rst'
ALERTS: dict[str, dict[str, Any]] = {
    rule['alert']: rule
    for group in yaml.safe_load(RULES.read_text())['groups']
    for rule in group['rules']
}
MINUTES = 60
#: What the journal has the last comparison by.
COMPARISON = entries.entry_id(types.SWEEP, 'RegionOne', 'RegionOne')


def promtool(*arguments: str | Path) -> tuple[int, str]:
    """Return its exit code, and what it says."""
    program = shutil.which('promtool')
    assert program, 'make venv installs it: Debian has it in prometheus'
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_prometheus_takes_the_example_and_the_rules() -> None:
    code, said = promtool('check', 'config', FOLDER / 'prometheus.yaml')

    assert code == 0, said
    assert f'{len(ALERTS)} rules found' in said


@pytest.mark.parametrize('alert', ALERTS)
def test_an_alert_asks_for_what_is_told(alert: str) -> None:
    named = set(re.findall(r'tricircle_\w+', ALERTS[alert]['expr']))

    assert named
    assert named - metrics_page.names() == set()


@pytest.mark.parametrize('alert', ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(alert: str) -> None:
    rule = ALERTS[alert]

    assert rule['labels']['severity'] in ('critical', 'warning')
    assert rule['annotations']['summary']
    assert (
        rule['annotations']['runbook_url']
        == f'admin/metrics.html#{alert.lower()}'
    )


def test_each_alert_has_a_runbook_and_no_runbook_is_of_none() -> None:
    sections = re.findall(r'^(Tricircle\w+)\n~+$', PAGE.read_text(), re.M)

    assert sorted(sections) == sorted(ALERTS)


class Operated:
    """A cloud that is well, until a test says otherwise.

    :ivar xjob: what its XJob tells; '' when there is none
    :ivar agent: what the agent of one of its hosts tells
    :ivar has_api: whether its administrator API answers
    """

    def __init__(self, api: Api, folder: Path) -> None:
        self._scraper = scraping.Scraper(api)
        self._folder = folder
        for name in ('RegionOne', 'RegionTwo'):
            job = swept(name)
            with sessions.writer() as session:
                sweep.put_off(session, job.id, job.owner, 600.0)
                contacts.note(session, name, True)
        xjob_metrics.journal_read()
        self.xjob = ''
        self.has_api = True
        self.look({})
        self.agent = ''
        self.probed(peers.State.UP)

    def look(self, states: dict[str, xjob_metrics.LaneState]) -> None:
        """Take what XJob tells now.

        :param states: of its lanes
        """
        told = prometheus_client.CollectorRegistry()
        told.register(xjob_metrics.LaneCollector(lambda: states))
        self.xjob = prometheus_client.generate_latest(told).decode()

    def probed(self, *states: peers.State) -> None:
        """Take what an agent tells that has probed hosts just now."""
        told = report.Report([('RegionTwo', '172.30.2.0/24')], 60.0)
        if states:
            known = {
                f'172.30.2.{n}': peers.Peer(state)
                for n, state in enumerate(states)
            }
            told.round_ended(known, rounds.Outcome({}, []))
        kept = prometheus_client.CollectorRegistry()
        kept.register(told)
        self.agent = prometheus_client.generate_latest(kept).decode()

    def firing(self) -> list[str]:
        """Return which alerts fire when it stays like this for an hour."""
        series = [
            {
                'series': f'{name}{{{labels}}}',
                'values': ' '.join([_number(value)] * (MINUTES + 1)),
            }
            for instance, told in (
                (
                    'api',
                    self._scraper.scrape().text if self.has_api else '',
                ),
                ('xjob', self.xjob),
                ('agent', self.agent),
            )
            for name, labels, value in _samples(told, instance)
        ]
        # It compares with nothing, and says what it finds instead.
        asked = {
            'expr': 'group by (alertname) (ALERTS{alertstate="firing"})',
            'eval_time': f'{MINUTES}m',
            'exp_samples': [],
        }
        file = self._folder / 'test.yaml'
        file.write_text(
            yaml.safe_dump(
                {
                    'rule_files': [str(RULES)],
                    'evaluation_interval': '1m',
                    'tests': [
                        {
                            'interval': '1m',
                            'input_series': series,
                            'promql_expr_test': [asked],
                        }
                    ],
                }
            )
        )
        code, said = promtool('test', 'rules', file)
        if code == 0:
            return []
        _, differs, found_instead = said.partition('got:')
        assert differs, said
        return sorted(re.findall(r'alertname="(\w+)"', found_instead))


def _samples(text: str, instance: str) -> Iterator[tuple[str, str, float]]:
    for (name, labels), value in scraping.Scraped(text).samples.items():
        if name.startswith('tricircle_'):
            pairs = {**dict(labels), 'instance': instance}
            yield (
                name,
                ','.join(f'{key}="{one}"' for key, one in pairs.items()),
                value,
            )


def _number(value: float) -> str:
    return 'Inf' if value == math.inf else repr(value)


@pytest.fixture
def journal(api: Api) -> Api:
    """Have lanes work with the database of the Admin API."""
    return api


@pytest.fixture
def operated(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Operated:
    monkeypatch.setattr(durations, 'METRICS_KEPT', 0.0)
    monkeypatch.setattr(durations, 'METRICS_KEPT_TIMES', 0.0)
    monkeypatch.setattr(xjob_metrics, '_read_at', -math.inf)
    return Operated(api, tmp_path)


def test_nothing_fires_when_all_is_well(operated: Operated) -> None:
    record()

    assert operated.firing() == []


def test_a_region_that_does_not_answer(
    operated: Operated, region: Region
) -> None:
    region.failure = region_client.RegionUnreachable('no route')
    record()

    with working() as lane:
        lane.wake()
        eventually(lambda: _is_lost() and _fails())
        operated.look({'RegionOne': lane.state()})

    assert operated.firing() == ['TricircleBreakerOpen', 'TricircleRegionAway']


def _is_lost() -> bool:
    with sessions.reader() as session:
        return bool(
            session.scalar(
                sa.select(sa.func.count())
                .select_from(contacts.CONTACTS)
                .where(sa.not_(contacts.CONTACTS.c.answers))
            )
        )


def _fails() -> bool:
    with sessions.reader() as session:
        reason = central_models.JournalEntry.reason
        return bool(session.scalar(sa.select(sa.func.count(reason))))


def test_a_region_that_nobody_looks_at(operated: Operated) -> None:
    found(True, seconds_ago=100)

    assert operated.firing() == ['TricircleRegionUnknown']


def test_a_region_that_is_given_up_is_nobodys_sorrow(
    operated: Operated,
) -> None:
    found(False, seconds_ago=9999)
    change(COMPARISON, wanted_at=ago(9999))
    with sessions.writer() as session:
        session.execute(
            sa.update(central_models.Pod)
            .where(central_models.Pod.region_name == 'RegionOne')
            .values(state='lost')
        )

    assert operated.firing() == []


def test_a_job_that_fails(operated: Operated) -> None:
    record()
    fail()

    assert operated.firing() == ['TricircleJobsFail']


def test_a_job_of_centrals_own_that_fails(operated: Operated) -> None:
    record(region='CentralRegion', kind=types.ROUTER_PLAN)
    job = claims.claim_for_central('CentralRegion', 'central', 60.0)
    assert job is not None
    job_ends.fail(job, 'it is full', 60.0)

    assert operated.firing() == ['TricircleJobsFail']


def test_a_change_that_does_not_arrive(operated: Operated) -> None:
    change(record(), wanted_at=ago(1000))

    assert operated.firing() == ['TricircleChangesTooOld']


@pytest.mark.parametrize('fails', [False, True])
def test_a_region_that_is_paused_is_nobodys_sorrow(
    operated: Operated, fails: bool
) -> None:
    job_id = record()
    if fails:
        fail()
    change(job_id, wanted_at=ago(1000))
    change(COMPARISON, wanted_at=ago(4000))
    with sessions.writer() as session:
        session.execute(
            sa.update(central_models.Pod)
            .where(central_models.Pod.region_name == 'RegionOne')
            .values(paused_at=ago(1000))
        )

    assert operated.firing() == []


def test_a_region_that_was_compared_long_ago(operated: Operated) -> None:
    change(COMPARISON, wanted_at=ago(4000))

    assert operated.firing() == ['TricircleRegionNotCompared']


def test_a_region_that_was_never_compared(operated: Operated) -> None:
    change(COMPARISON, applied=0)

    assert operated.firing() == ['TricircleRegionNotCompared']


def test_an_xjob_that_is_dead(operated: Operated) -> None:
    operated.xjob = ''

    assert operated.firing() == ['TricircleXJobDead']


def test_an_xjob_that_does_not_get_at_the_journal(
    operated: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xjob_metrics, '_read_at', -math.inf)
    operated.look({})

    assert operated.firing() == ['TricircleXJobDead']


@pytest.mark.parametrize('state', [peers.State.DOWN, peers.State.SILENT])
def test_a_tunnel_that_brings_nothing_back(
    operated: Operated, state: peers.State
) -> None:
    operated.probed(peers.State.UP, state)

    assert operated.firing() == ['TricircleTunnelsDown']


def test_an_agent_that_does_not_probe(operated: Operated) -> None:
    operated.probed()

    assert operated.firing() == ['TricircleTunnelsNotProbed']


def test_a_database_that_cannot_be_read(operated: Operated) -> None:
    with sessions.writer() as session:
        session.execute(sa.text('DROP TABLE pods'))

    assert operated.firing() == ['TricircleDatabaseUnreadable']


def test_an_administrator_api_that_is_dead(operated: Operated) -> None:
    operated.has_api = False

    assert operated.firing() == ['TricircleDatabaseUnreadable']
