# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands of drifts, against the Admin API in this process."""

import argparse
import json
from typing import Any

from osc_lib import exceptions
import pytest

from tests.unit.api.drifting import ALL
from tests.unit.api.drifting import ALTERED
from tests.unit.api.drifting import Region
from tests.unit.api.drifting import region as _region
from tests.unit.api.drifting import RIGHT
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import printed
from tests.unit.api.test_commands import run
from tests.unit.api.test_commands import shown
from tricircle.api.v1 import drifts
from tricircle.cli.v1 import drift as commands

app = _app
region = _region


def end(app: Any, command: Any, *options: str) -> int:
    """Return what a command ends with."""
    made = command(app, argparse.Namespace())
    return int(made.run(made.get_parser('test').parse_args(options)))


def test_a_list_as_json(
    app: Any, region: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = printed(app, capsys, commands.ListDrifts, '--region', 'RegionOne')

    assert {row['ID']: row['Difference'] for row in rows} == ALL


def test_a_list_fails_when_that_is_asked_for(app: Any, region: Region) -> None:
    options = ('--region', 'RegionOne', '--fail', '-f', 'json')

    assert end(app, commands.ListDrifts, *options) == 1
    assert end(app, commands.ListDrifts, '--type', 'port', *options) == 0


def test_a_region_that_is_away_keeps_no_other_from_the_list(
    app: Any, region: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(app, commands.ListDrifts, '-f', 'json') == 1

    rows = json.loads(app.stdout.getvalue() or capsys.readouterr().out)
    assert {row['ID'] for row in rows} == set(ALL)
    told = app.stderr.getvalue()
    assert 'RegionOne ...\nRegionTwo ...\n' in told
    assert 'RegionTwo does not answer' in told


def test_a_resource_is_shown(app: Any, region: Region) -> None:
    one = shown(app, commands.ShowDrift, 'RegionOne', 'network', ALTERED)

    assert one['difference'] == 'differs'
    assert one['fields'].machine_readable()[0]['there'] == 'edited'


def test_a_repair_names_its_jobs_and_a_dry_run_has_none(
    app: Any, region: Region
) -> None:
    _columns, dry = run(app, commands.RepairDrifts, 'RegionOne', '--dry-run')
    columns, rows = run(
        app, commands.RepairDrifts, 'RegionOne', '--type', 'network'
    )

    assert columns[-1] == 'Job'
    assert {row[2] for row in dry} == {row[2] for row in rows} == set(ALL)
    assert not any(row[-1] for row in dry)
    assert all(row[-1] for row in rows)


def test_an_id_needs_a_type(app: Any, region: Region) -> None:
    with pytest.raises(exceptions.CommandError, match='--type'):
        run(app, commands.RepairDrifts, 'RegionOne', '--id', RIGHT)


def test_a_repair_of_a_region_that_is_away_fails(
    app: Any, region: Region
) -> None:
    assert end(app, commands.RepairDrifts, 'RegionTwo', '-f', 'json') == 1


def test_all_pages_are_listed_and_repaired(
    app: Any, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drifts, 'LONGEST', 0.0)

    for command, options in (
        (commands.ListDrifts, ('--region', 'RegionOne')),
        (commands.RepairDrifts, ('RegionOne', '--dry-run')),
    ):
        _columns, rows = run(app, command, *options)
        assert {row[2]: row[3] for row in rows} == ALL
