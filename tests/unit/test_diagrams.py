# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Diagrams of the documentation are as the code is, or fail its build."""

import html
import importlib.util
from pathlib import Path
import subprocess
import sys
from xml.etree import ElementTree

import pytest

_EXT = Path(__file__).resolve().parents[2] / 'doc' / 'source' / '_ext'


def _load():
    spec = importlib.util.spec_from_file_location(
        'diagrams', _EXT / 'diagrams.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


diagrams = _load()

SEQUENCE = """
Client | Central

Client -> Central: POST
    central.plugin.TricirclePlugin
Central -> Central: think & do
Central --> Client: 201
""".splitlines()


@pytest.mark.parametrize(
    'name',
    [
        'central',
        'central.plugin',
        'central.engine.worker.Worker.wake',
        'local.asking.pull.bring',
        'journal.job_ends.fail',
        'replica.held_ports.RULES',
    ],
)
def test_name_that_the_code_has_passes(name):
    diagrams.check_name(name)


@pytest.mark.parametrize(
    'name',
    [
        'nowhere',
        'central.nowhere',
        'central.plugin.nothing',
        'central.plugin.TricirclePlugin.nothing',
        'central.engine.worker.Worker.wake.inside',
    ],
)
def test_name_that_the_code_has_not_is_refused(name):
    with pytest.raises(diagrams.Unknown):
        diagrams.check_name(name)


@pytest.mark.parametrize(
    'path', ['replica/held_ports.py', 'local/<kind>/applier.py', 'tests/unit/']
)
def test_path_that_is_there_passes(path):
    diagrams.check_path(path)


@pytest.mark.parametrize('path', ['replica/nothing.py', 'xjob/<kind>/a.py'])
def test_path_that_is_not_there_is_refused(path):
    with pytest.raises(diagrams.Unknown):
        diagrams.check_path(path)


@pytest.mark.parametrize(
    'line',
    ['Client -> Stranger: hello', 'Client - Central: hello', 'no step at all'],
)
def test_line_that_is_no_step_is_refused(line):
    with pytest.raises(diagrams.Unknown):
        diagrams.parse_sequence(['Client | Central', line])


@pytest.fixture
def rows(monkeypatch, tmp_path):
    """Return what draws a package in which `high` imports `low`."""
    monkeypatch.setattr(diagrams, 'ROOT', tmp_path)
    for folder in ('high', 'low'):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / '__init__.py').write_text('')
    (tmp_path / 'high' / 'a.py').write_text('from tricircle.low import b\n')
    return lambda *names: [[diagrams.Box(one)] for one in names]


def test_folder_on_top_of_what_it_imports_passes(rows):
    diagrams.check_layers('', rows('high', 'low'))


@pytest.mark.parametrize(
    'names',
    [
        pytest.param(('low', 'high'), id='an arrow upwards'),
        pytest.param(('high',), id='one is not drawn'),
        pytest.param(('high', 'low', 'lower'), id='one is not there'),
    ],
)
def test_folders_otherwise_than_drawn_are_refused(rows, names):
    with pytest.raises(diagrams.Unknown):
        diagrams.check_layers('', rows(*names))


def test_folders_beside_each_other_do_not_import_each_other(rows):
    beside = [[one[0] for one in rows('high', 'low')]]
    with pytest.raises(diagrams.Unknown):
        diagrams.check_layers('', beside)


def test_sequence_is_drawn_with_all_that_it_says():
    who, steps = diagrams.parse_sequence(SEQUENCE)

    svg = diagrams.draw_sequence(who, steps, 'A < B')
    drawn = ElementTree.fromstring(svg)  # noqa: S314 - drawn just now

    said = ' '.join(drawn.itertext())
    for text in ('A < B', 'Client', 'POST', 'think & do', '201'):
        assert text in said
    assert 'central.plugin.' in said


def _build(tmp_path, builder, *lines):
    (tmp_path / 'conf.py').write_text(
        f'import sys\nsys.path.insert(0, {str(_EXT)!r})\n'
        "extensions = ['diagrams']\nhtml_theme = 'basic'\n"
        "copyright = version = 'x'\nexclude_patterns = ['out', 'trees']\n"
    )
    text = '\n'.join(lines)
    (tmp_path / 'index.rst').write_text(f'Page\n====\n\n{text}\n')
    return subprocess.run(
        [
            *(sys.executable, '-m', 'sphinx', '-W', '-q', '-b', builder),
            *('-d', str(tmp_path / 'trees')),
            *(str(tmp_path), str(tmp_path / 'out')),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def _directive(*lines):
    return ('.. sequence:: Trip', '', *(f'   {line}' for line in lines))


def test_page_has_the_picture_and_nothing_to_load(tmp_path):
    done = _build(tmp_path, 'html', *_directive(*SEQUENCE))

    assert done.returncode == 0, done.stderr
    page = (tmp_path / 'out' / 'index.html').read_text()
    assert '<title>Trip</title>' in page


@pytest.mark.parametrize(
    ('builder', 'page'), [('text', 'index.txt'), ('epub', 'index.xhtml')]
)
def test_other_output_has_the_words(tmp_path, builder, page):
    done = _build(tmp_path, builder, *_directive(*SEQUENCE))

    assert done.returncode == 0, done.stderr
    written = html.unescape((tmp_path / 'out' / page).read_text())
    assert 'Client -> Central: POST' in written


@pytest.mark.parametrize(
    'lines',
    [
        _directive('Client | Central', 'Client -> Central: a', '    nowhere'),
        (':at:`nowhere.py`',),
    ],
)
def test_build_fails_on_what_the_code_has_not(tmp_path, lines):
    done = _build(tmp_path, 'html', *lines)

    assert done.returncode != 0
    assert 'nowhere' in done.stderr
