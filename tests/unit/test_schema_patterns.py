# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Patterns of schemas are of whole texts, as JSON Schema's own are not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tricircle.api import routes
from tricircle.central.engine import schemas as central_schemas
from tricircle.replica import kinds


def _patterns(schema: Any) -> Iterator[str]:
    """Yield the patterns that a text has to match."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == 'pattern' and isinstance(value, str):
                yield value
            elif key == 'patternProperties':
                yield from value
            if key != 'not':
                yield from _patterns(value)
    elif isinstance(schema, list | tuple):
        for one in schema:
            yield from _patterns(one)


def _schemas() -> Iterator[Any]:
    for actions in routes.ROUTES.values():
        for action in actions.values():
            yield list(vars(action).values())
    for kind in kinds.KINDS:
        yield from (kind.schema, kind.told)
    yield from (
        value
        for name, value in vars(central_schemas).items()
        if not name.startswith('__')
    )


PATTERNS = sorted({one for schema in _schemas() for one in _patterns(schema)})


def test_there_are_some() -> None:
    assert len(PATTERNS) > 5


@pytest.mark.parametrize('pattern', PATTERNS)
def test_a_pattern_is_of_the_whole_text(pattern: str) -> None:
    # "$" is also before a line's end; without "^" it may begin anywhere.
    assert pattern.startswith('^')
    assert pattern.endswith(r'\Z')
