# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who looks at the clock of its own host, and why it may.

Processes on several hosts share a database, and only its clock: what one
writes and another compares is by :mod:`tricircle.db.clock`. How long
something takes in one process is by ``time.monotonic``, which no change of a
host's clock touches, and which nothing of another process is compared with.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2] / 'tricircle'

#: What tells the time of day of a host: by module, or by class.
_TELLS: Final = {
    'time': frozenset(
        ('time', 'time_ns', 'localtime', 'gmtime', 'ctime', 'strftime')
    ),
    'datetime': frozenset(('now', 'utcnow', 'today')),
    'date': frozenset(('today',)),
    'timeutils': frozenset(
        (
            'utcnow',
            'utcnow_ts',
            'now',
            'is_older_than',
            'is_newer_than',
            'is_soon',
        )
    ),
}

#: How often each module does, and why.
ALLOWED: Final = {
    # Shown to operators; nothing is compared with it.
    'db/central/models/journal.py': 2,
    'db/central/models/pods.py': 1,
    'db/central/models/presence.py': 2,
    # When a region left: shown to operators.
    'db/central/pod/pods.py': 1,
    # A port's updated_at, as Neutron itself writes it: shown to users.
    'central/port/reports.py': 1,
    # Handed to Neutron as the time of a heartbeat, which only logs it.
    'local/shadow/agents.py': 1,
    # The operator's own clock is what others are held against, and what
    # certificates, the age of what was gathered, and that of what a killed
    # command left are told by.
    'cli/diagnosis/asking.py': 2,
    'cli/diagnosis/collecting.py': 1,
    'cli/gathering/asking.py': 2,
    'cli/gathering/endpoints.py': 3,
    'cli/v1/gather.py': 2,
    'cli/v1/verify.py': 1,
}


def _uses(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            module = node.value
            name = (
                module.attr
                if isinstance(module, ast.Attribute)
                else getattr(module, 'id', '')
            )
            if node.attr in _TELLS.get(name, ()):
                yield f'{name}.{node.attr}'
        if isinstance(node, ast.ImportFrom) and node.module in (
            'time',
            'datetime',
            'oslo_utils.timeutils',
        ):
            # What is imported alone would not be found.
            yield from (f'import of {one.name}' for one in node.names)


def _found() -> dict[str, list[str]]:
    found = {
        str(path.relative_to(ROOT)): list(_uses(ast.parse(path.read_text())))
        for path in ROOT.rglob('*.py')
    }
    return {name: uses for name, uses in found.items() if uses}


def test_no_other_module_looks_at_its_hosts_clock() -> None:
    found = _found()
    assert {name: len(uses) for name, uses in found.items()} == ALLOWED, found


@pytest.mark.parametrize(
    'source',
    [
        'time.time()',
        'datetime.datetime.now(datetime.UTC)',
        'datetime.date.today()',
        'timeutils.utcnow()',
        'Column(default=timeutils.utcnow)',
        'from time import time',
    ],
)
def test_a_look_at_the_clock_is_found(source: str) -> None:
    assert list(_uses(ast.parse(source)))


def test_what_is_measured_is_no_time_of_day() -> None:
    assert not list(_uses(ast.parse('time.monotonic(); time.sleep(1)')))
