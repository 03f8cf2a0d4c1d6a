# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What regions, and XJob itself, run is found out and written down."""

import datetime
from typing import Any

from oslo_db import exception as db_exc
import pytest
import sqlalchemy as sa

from tests.unit.xjob.test_contact import eventually
from tests.unit.xjob.test_contact import Region
from tests.unit.xjob.test_contact import region as _region
from tests.unit.xjob.test_contact import working
import tricircle
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central.pod import own_release
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases
from tricircle.xjob.region import release

region = _region
_SAID = releases.own('9.1.0', ['qos']).to_dict()


def found() -> tuple[str | None, str | None] | None:
    """Return what is written down of the region: version, or why not."""
    with sessions.reader() as session:
        row = session.execute(sa.select(noted.NOTED)).one_or_none()
    return None if row is None else (row.version, row.reason)


def look(region: Any) -> None:
    release.RegionRelease(region).look()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have questions be due again at once."""
    monkeypatch.setattr(durations, 'RELEASE_AGAIN', 0.0)


def test_a_region_that_answers_is_asked_what_it_runs(
    region: Region, at_once: None
) -> None:
    region.said = _SAID

    with working():
        eventually(lambda: found() == ('9.1.0', None))

        region.said = releases.own('10.0.0').to_dict()
        eventually(lambda: found() == ('10.0.0', None))


def test_one_that_is_away_keeps_what_it_ran(
    region: Region, at_once: None
) -> None:
    region.said = _SAID
    look(region)
    region.failure = region_client.RegionUnreachable('no route')

    look(region)

    assert found() == ('9.1.0', None)


def test_one_of_a_release_before_is_not_known_and_has_a_reason(
    region: Region,
) -> None:
    region.failure = region_client.ReplicaRefused(404, 'HTTPError', '<html>')

    look(region)

    assert found() == (None, 'it is of a release that does not say')


def test_one_that_refuses_is_not_known_and_has_its_reason(
    region: Region,
) -> None:
    region.failure = region_client.ReplicaRefused(403, 'Forbidden', 'no')

    look(region)

    assert found() == (None, '403 Forbidden: no')


@pytest.mark.parametrize(
    'lie',
    [None, 'all', [1], {}, _SAID | {'version': {}}, _SAID | {'extensions': 7}],
    ids=str,
)
def test_one_that_lies_is_not_known(region: Region, lie: Any) -> None:
    region.said = _SAID
    look(region)
    region.said = lie

    look(region)

    written = found()
    assert written is not None
    assert written[0] is None and written[1]


def test_it_is_asked_seldom_and_at_once_when_it_is_back(
    region: Region,
) -> None:
    region.said = _SAID
    one = release.RegionRelease(region)  # type: ignore[arg-type]
    one.look()
    region.said = releases.own('10.0.0').to_dict()

    one.look()
    assert found() == ('9.1.0', None)

    one.soon()
    one.look()
    assert found() == ('10.0.0', None)


def test_a_database_that_is_away_ends_nothing(
    region: Region,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_args: Any) -> None:
        raise db_exc.DBConnectionError(OSError('no route'))

    region.said = _SAID
    monkeypatch.setattr(noted, 'note_region', fail)
    monkeypatch.setattr(noted, 'note_own', fail)

    look(region)
    own_release.OwnRelease(noted.XJOB, 'host1').look()

    assert 'The release of RegionOne could not be noted' in caplog.text
    assert 'The release of xjob could not be noted' in caplog.text


def test_xjob_says_what_it_runs_and_forgets_who_is_long_gone(
    journal: None,
) -> None:
    own_release.OwnRelease(noted.XJOB, 'host0').look()
    with sessions.writer() as session:
        session.execute(
            sa.update(noted.NOTED).values(
                noted_at=datetime.datetime(2020, 1, 1)
            )
        )
        assert noted.running(session) == []

    own_release.OwnRelease(noted.XJOB, 'host1').look()

    with sessions.reader() as session:
        (one,) = noted.running(session)
        assert session.scalar(sa.select(sa.func.count(noted.NOTED.c.name)))
        names = session.scalars(sa.select(noted.NOTED.c.name)).all()
    assert names == ['host1']
    assert (one.program, one.version) == ('xjob', tricircle.__version__)
    assert one.tables == noted.own_tables()
