# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/healthcheck``, which load balancers ask without a token."""

import contextlib
from typing import Any

from oslo_middleware.healthcheck import opts
import pytest

from tests.unit.api import scraping
from tests.unit.api.conftest import Api
from tricircle.api.monitoring import health
from tricircle.conf import durations


@contextlib.contextmanager
def _no_session() -> Any:
    raise ConnectionError('no route to 192.0.2.7')
    yield


def asked(api: Api, **options: Any) -> tuple[int, str]:
    """Return status and text of an answer, with some options."""
    api.conf.register_opts(opts.HEALTHCHECK_OPTS, 'healthcheck')
    for name, value in options.items():
        api.conf.set_override(name, value, 'healthcheck')
    answer = scraping.Scraper(api).ask('/healthcheck')
    return answer.status_int, answer.text


@pytest.fixture
def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.sessions, 'reader', _no_session)


def test_a_process_that_answers_is_well(
    api: Api, without_database: None
) -> None:
    status, _text = asked(api)
    assert status == 200


def test_the_database_is_looked_at_where_an_operator_wants_it(
    api: Api,
) -> None:
    assert asked(api, backends=['tricircle_database']) == (200, 'OK')


def test_a_database_that_is_away_is_told_without_its_address(
    api: Api, without_database: None
) -> None:
    status, text = asked(api, backends=['tricircle_database'], detailed=True)

    assert status == 503
    assert 'The database does not answer' in text
    assert '192.0.2.7' not in text


def test_who_asks_often_keeps_no_database_busy(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, 'METRICS_KEPT', 1000.0)
    backend = health.DatabaseHealth(api.conf, {})
    assert backend.healthcheck(0).available

    monkeypatch.setattr(health.sessions, 'reader', _no_session)

    assert backend.healthcheck(0).available
    assert not health.DatabaseHealth(api.conf, {}).healthcheck(0).available
