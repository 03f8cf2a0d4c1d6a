# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""XJob asks regions how their tunnels are, and notes it."""

import dataclasses
from typing import Any

from oslo_db import exception as db_exc
import pytest
import sqlalchemy as sa

from tests.unit.xjob.test_contact import eventually
from tests.unit.xjob.test_contact import Region
from tests.unit.xjob.test_contact import region as _region
from tests.unit.xjob.test_contact import working
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central.pod import data_paths
from tricircle.replica.data_path import Summary
from tricircle.xjob.region import data_path

region = _region


def found() -> tuple[str, int, str | None] | None:
    """Return what is written down: state, tunnels that are up, why not."""
    with sessions.reader() as session:
        row = session.execute(sa.select(data_paths.PATHS)).one_or_none()
    return None if row is None else (row.state, row.up, row.reason)


def said(**numbers: int) -> dict[str, int]:
    """Return what a region with one host says."""
    return dataclasses.asdict(Summary(hosts=1, **numbers))


def look(region: Any) -> None:
    data_path.RegionDataPath(region).look()


def was_found(seconds_ago: float) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.update(data_paths.PATHS).values(
                found_at=clock.Now(-seconds_ago),
                since=clock.Now(-seconds_ago - 1000),
            )
        )


def moments() -> Any:
    with sessions.reader() as session:
        return session.execute(
            sa.select(data_paths.PATHS.c.since, data_paths.PATHS.c.found_at)
        ).one()


def test_a_region_that_answers_is_asked(region: Region) -> None:
    region.tunnels = said(up=2)

    with working():
        eventually(lambda: found() == ('ok', 2, None))


def test_it_is_asked_again_after_a_while_and_not_before(
    region: Region,
) -> None:
    region.tunnels = said(up=2)
    one = data_path.RegionDataPath(region)  # type: ignore[arg-type]
    one.look()
    region.tunnels = said(up=1, down=1)
    was_found(60.0)

    one.look()
    assert found() == ('ok', 2, None)

    one._due_at = 0.0
    one.look()
    assert found() == ('down', 1, None)


def test_what_another_xjob_has_just_found_is_not_asked_for_again(
    region: Region,
) -> None:
    region.tunnels = said(up=2)
    look(region)
    region.tunnels = said(up=1, down=1)

    look(region)

    assert found() == ('ok', 2, None)


def test_one_that_is_away_leaves_what_it_said_to_grow_old(
    region: Region,
) -> None:
    region.tunnels = said(up=2)
    look(region)
    was_found(100.0)
    before = moments()
    region.failure = region_client.RegionUnreachable('no route')

    look(region)

    assert moments() == before


def test_one_that_refuses_is_not_known_and_has_its_reason(
    region: Region,
) -> None:
    region.failure = region_client.ReplicaRefused(403, 'Forbidden', 'no')

    look(region)

    assert found() == ('unknown', 0, '403 Forbidden: no')


def test_a_state_that_stays_is_so_since_it_came(region: Region) -> None:
    region.tunnels = said(up=2)
    look(region)
    was_found(60.0)
    before = moments()
    region.tunnels = said(up=3)

    look(region)

    assert moments().since == before.since
    assert moments().found_at > before.found_at


def test_a_state_that_was_not_known_in_between_is_so_since_now(
    region: Region,
) -> None:
    region.tunnels = said(up=2)
    look(region)
    was_found(durations.DATA_PATH_TRUSTED + 10.0)
    before = moments()

    look(region)

    assert moments().since > before.found_at


def test_a_database_that_is_away_ends_nothing(
    region: Region,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_args: Any) -> None:
        raise db_exc.DBConnectionError(OSError('no route'))

    monkeypatch.setattr(data_paths, 'note', fail)

    look(region)

    assert 'The data path of RegionOne could not be noted' in caplog.text


def test_a_long_sweep_does_not_keep_operators_from_knowing(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    region.tunnels = said(up=2)
    with working(probe_interval=3600.0) as one:
        one._reach._contact.answered()

        assert one._next_page() is True

    assert found() == ('ok', 2, None)


def test_one_of_a_release_before_is_not_known_and_has_a_reason(
    region: Region,
) -> None:
    region.failure = region_client.ReplicaRefused(404, 'HTTPError', '<html>')

    look(region)

    assert found() == ('unknown', 0, 'it is of a release that does not say')


@pytest.mark.parametrize('lie', [None, 'well', {}, said(up=3) | {'up': '3'}])
def test_one_that_lies_is_not_known(region: Region, lie: Any) -> None:
    region.tunnels = said(up=2)
    look(region)
    was_found(60.0)
    region.tunnels = lie

    look(region)

    written = found()
    assert written is not None
    assert written[0] == 'unknown' and written[2]
