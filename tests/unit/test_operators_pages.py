# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the pages on failures and upgrades name is there."""

import argparse
import ast
import functools
from importlib import metadata
from pathlib import Path
import re
import shlex
from typing import Any, Final

from neutron_lib.api import faults
import pytest
import yaml

from tests.unit import metrics_page
from tricircle.central.engine import api as _central_api
from tricircle.central.held import addresses as _addresses
from tricircle.central.port import reports as _central_reports
from tricircle.cli.diagnosis import checkers
from tricircle.cmd import db_manage
from tricircle.cmd import xjob
from tricircle.conf import durations
from tricircle.conf import opts
from tricircle.db import retries as _retries
from tricircle.local.engine import refusals as _refusals
from tricircle.replica import document
from tricircle.replica import messages

ROOT: Final = Path(__file__).parents[2]
_ADMIN: Final = ROOT / 'doc' / 'source' / 'admin'
FAILURES: Final = _ADMIN / 'failure-modes.rst'
UPGRADES: Final = _ADMIN / 'upgrades.rst'
PAGES: Final = (FAILURES, UPGRADES)
_VERSIONS: Final = ROOT / 'tricircle/db/migration/central/versions'
_NAMING_ERRORS: Final = (
    _addresses,
    _central_api,
    _central_reports,
    _refusals,
    _retries,
)
_OUTSIDE: Final = 'openstack --os-region-name'
OPTIONS: Final = {
    f'[{group}] {one.name}': one
    for listed in (
        opts.list_api_opts,
        opts.list_xjob_opts,
        opts.list_central_opts,
        opts.list_local_opts,
        opts.list_agent_opts,
    )
    for group, several in listed()
    for one in several
}
#: Of Neutron.
_OPTIONS_ELSEWHERE: Final = {'[DEFAULT] service_plugins'}
ALERTS: Final = {
    rule['alert']
    for group in yaml.safe_load(
        (ROOT / 'etc' / 'prometheus' / 'tricircle-alerts.yaml').read_text()
    )['groups']
    for rule in group['rules']
}

#: Said by keystoneauth, which another test asks.
_SAID_ELSEWHERE: Final = {'Unable to establish connection to'}

each_page = pytest.mark.parametrize(
    'page', PAGES, ids=lambda page: str(page.stem)
)


def literals(page: Path) -> set[str]:
    """Return what stands between double backquotes, in one line each."""
    return {
        ' '.join(one.split())
        for one in re.findall(r'``(.+?)``', page.read_text(), re.S)
    }


def commands(page: Path) -> list[list[str]]:
    """Return the arguments of each command, its name first."""
    return [
        shlex.split(one.replace('\\\n', ' '))
        for one in re.findall(
            r'^ +\$ ((?:.*\\\n)*.*)$', page.read_text(), re.M
        )
    ]


@functools.cache
def functions(path: Path) -> set[str]:
    """Return the names of the tests of a module."""
    return {
        one.name
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.FunctionDef)
    }


@each_page
def test_the_tests_that_prove_it_are_there(page: Path) -> None:
    named = [one for one in literals(page) if one.startswith('tests/')]

    assert len(named) > 5
    for one in named:
        path, _, function = one.partition('::')
        assert (ROOT / path).is_file(), one
        assert not function or function in functions(ROOT / path), one


def test_each_failure_has_tests_and_all_that_is_asked_for() -> None:
    tables = re.split(
        r'^   :stub-columns: 1$', FAILURES.read_text(), flags=re.M
    )
    rows = [re.findall(r'^   \* - (.+)$', one, re.M)[:7] for one in tables[1:]]

    assert len(rows) == 18
    for one in rows:
        assert one == [
            'Stops',
            'Goes on',
            'A tenant sees',
            'The operator sees',
            'By itself',
            'Do',
            'Tests',
        ]


def test_every_finding_is_of_a_failure_or_is_said_to_be_of_none() -> None:
    of_failures, _, of_none = FAILURES.read_text().partition(
        'Not failures of a part\n'
    )
    failures, others = (
        set(re.findall(r'TRI\d{4}', text)) for text in (of_failures, of_none)
    )

    assert failures | others == {one.number for one in checkers.CHECKERS}
    assert not failures & others


@each_page
def test_findings_are_such_as_there_are(page: Path) -> None:
    named = set(re.findall(r'TRI\d+', page.read_text()))

    assert named <= {one.number for one in checkers.CHECKERS}


def test_every_alert_is_of_a_failure() -> None:
    assert (
        set(re.findall(r'``(Tricircle[A-Z]\w+)``', FAILURES.read_text()))
        == ALERTS
    )


@each_page
def test_metrics_are_such_as_there_are(page: Path) -> None:
    named = {one for one in literals(page) if re.match(r'tricircle_\w+$', one)}

    assert (
        named - {one.partition(' ')[2] for one in OPTIONS}
        <= metrics_page.names()
    )


@each_page
def test_options_are_such_as_there_are(page: Path) -> None:
    named = {one for one in literals(page) if one.startswith('[')}

    assert named
    assert named - OPTIONS.keys() <= _OPTIONS_ELSEWHERE


def test_times_are_those_of_the_code() -> None:
    _, _, table = FAILURES.read_text().partition('\nTimes\n=====\n')
    rows = re.findall(
        r'^   \* - .+\n     - (\d+)\n     - ``(.+)``$', table, re.M
    )

    assert len(rows) > 10
    for seconds, name in rows:
        known: Any = (
            OPTIONS[name].default
            if name in OPTIONS
            else getattr(durations, name)
        )
        assert float(seconds) == known, name


@each_page
def test_errors_have_the_status_that_is_named(page: Path) -> None:
    errors = _errors()
    for one in literals(page):
        found = re.fullmatch(r'(\d{3}) (\w+)', one)
        if found and found[2] != messages.BUSY:
            assert errors[found[2]] == int(found[1]), one


def _errors() -> dict[str, int]:
    """Return statuses of all errors, of Neutron's too, by their names."""
    found: dict[str, int] = {}
    for kind, answered in faults.FAULT_MAP.items():
        todo = [kind]
        while todo:
            one = todo.pop()
            found.setdefault(one.__name__, answered.code)
            todo += one.__subclasses__()
    return found


def _commands_of_plugin() -> dict[str, Any]:
    return {
        one.name.replace('_', ' '): one
        for one in metadata.entry_points(
            group='openstack.multiregion_networking.v1'
        )
    }


def _check_plugin(words: list[str]) -> None:
    known = _commands_of_plugin()
    names = [
        name for name in known if ' '.join(words).startswith(f'{name} ')
    ] or [name for name in known if name == ' '.join(words)]
    name = max(names, key=len)
    parser = known[name].load()(None, None).get_parser(name)
    parser.parse_args(words[len(name.split()) :])


def _check_db_manage(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--config-file')
    db_manage._add_commands(parser.add_subparsers(required=True))
    parser.parse_args(words)


def _check_xjob(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--config-file')
    for option in xjob._COMMAND_LINE:
        takes = {} if option.name == 'region' else {'action': 'store_true'}
        parser.add_argument(f'--{option.name}', **takes)  # type: ignore[arg-type]
    parser.parse_args(words)


@each_page
def test_commands_are_such_as_there_are(page: Path) -> None:
    found = commands(page)
    assert len(found) > 5
    for program, *words in found:
        if program == 'openstack' and words[:2] == [
            'multiregion',
            'networking',
        ]:
            _check_plugin(words)
        elif program == 'tricircle-db-manage':
            _check_db_manage(words)
        elif program == 'tricircle-xjob':
            _check_xjob(words)
        elif program.startswith('tricircle-'):
            assert metadata.entry_points(group='console_scripts', name=program)
            assert words[0] == '--config-file'
        else:
            assert program in ('export', 'openstack', 'neutron-db-manage')


@functools.cache
def _texts() -> list[str]:
    """Return all texts of the programs."""
    return [
        one.value
        for path in (ROOT / 'tricircle').rglob('*.py')
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


@each_page
def test_what_programs_say_is_quoted_as_they_say_it(page: Path) -> None:
    headings = {
        heading
        for one in _ADMIN.glob('*.rst')
        for heading in re.findall(r'^(.+)\n[-=]{3,}$', one.read_text(), re.M)
    }
    quoted = re.findall(
        r'(?<![*\w])\*([^*\s][^*]+)\*(?![*\w])', page.read_text()
    )

    assert quoted
    for one in quoted:
        text = ' '.join(one.split()).removeprefix('RegionTwo ')
        for part in text.split(' ... '):
            assert part in headings | _SAID_ELSEWHERE or any(
                part in said for said in _texts()
            ), part


def test_the_version_of_documents_is_that_of_the_code() -> None:
    text = ' '.join(UPGRADES.read_text().split())

    assert f'its format, which is {document.SCHEMA_VERSION}.' in text


def test_versions_that_a_running_central_does_not_outlive_are_named() -> None:
    """What the code of before may use is taken from it."""
    taking = re.compile(
        r'\b(drop_table|rename_table|drop_column|alter_column)\('
    )
    found = {
        one.name.partition('_')[0]
        for one in _VERSIONS.glob('*.py')
        if taking.search(one.read_text())
    }

    (named,) = re.findall(
        r'One version, (\d{4}), made a table anew', UPGRADES.read_text()
    )
    assert found == {named}
