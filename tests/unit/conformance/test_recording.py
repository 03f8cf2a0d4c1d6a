# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The recording that stands for plain Neutron."""

import ast
from pathlib import Path

import pytest

from tests.functional.conformance import recording
from tests.functional.conformance import transcript


def scenarios() -> set[str]:
    """Return the names of the suite's scenarios."""
    return {
        node.name
        for path in recording.HERE.glob('test_*.py')
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(one) == 'scenario' for one in node.decorator_list)
    }


def test_it_is_of_these_pins_and_of_this_suite() -> None:
    found = recording.Recording.read()
    assert found.made_of == recording.fingerprint(), (
        'run make record-plain-neutron, and read what it changed'
    )


def test_it_has_every_scenario_and_the_costs() -> None:
    found = recording.Recording.read()
    assert found.steps.keys() == scenarios()
    assert all(len(steps) > 1 for steps in found.steps.values())
    assert found.costs


def test_what_is_written_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, '_FILE', tmp_path / 'recording.json')
    answer = {'network': {'id': '<uuid>', 'subnets': []}}
    made = recording.Recording(
        {'test_one': [transcript.Step('user GET /', 200, answer)]},
        {'create network': 9},
    )

    made.write()

    found = recording.Recording.read()
    assert (found.steps, found.costs) == (made.steps, made.costs)
    assert found.fits


def test_without_a_file_it_is_empty_and_fits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, '_FILE', tmp_path / 'recording.json')
    found = recording.Recording.read()
    assert not found.steps
    assert not found.fits


@pytest.mark.parametrize(
    ('said', 'fits', 'how'),
    [
        (None, True, recording.How.RECORDED),
        (None, False, recording.How.LIVE),
        ('live', True, recording.How.LIVE),
        ('record', True, recording.How.RECORD),
    ],
)
def test_plain_neutron_runs_unless_the_recording_fits(
    monkeypatch: pytest.MonkeyPatch,
    said: str | None,
    fits: bool,
    how: recording.How,
) -> None:
    monkeypatch.delenv('PLAIN_NEUTRON', raising=False)
    if said:
        monkeypatch.setenv('PLAIN_NEUTRON', said)
    found = recording.Recording()
    if fits:
        monkeypatch.setattr(recording.Recording, 'fits', True)

    assert recording.wanted(found) is how


def test_another_release_of_what_is_pinned_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'constraints.txt').write_text('neutron==29.0.1\n')
    before = recording.fingerprint()

    monkeypatch.setattr(recording.workspace, 'ROOT', tmp_path)

    assert recording.fingerprint() != before
