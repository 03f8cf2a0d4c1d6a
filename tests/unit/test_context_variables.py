# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is carried past Neutron's arguments in variables of the thread.

Little is: whoever reads a function does not see them. What goes along with
the context of a request is an aside (tricircle/db/aside.py).
"""

import ast
from pathlib import Path

PRODUCT = Path(__file__).resolve().parents[2] / 'tricircle'

#: Module with each, which says there why it is one.
KNOWN = {
    'central/held/ownership.py': 1,
    'db/retries.py': 1,
    'local/engine/owner/actor.py': 1,
    'local/engine/lease/watch.py': 1,
    'local/router/step.py': 1,
}


def _made(path: Path) -> int:
    """Return how many context variables a module makes."""
    return sum(
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith('ContextVar')
        for node in ast.walk(ast.parse(path.read_text(), str(path)))
    )


def test_there_are_no_other_context_variables():
    found = {
        str(path.relative_to(PRODUCT)): number
        for path in sorted(PRODUCT.rglob('*.py'))
        if (number := _made(path))
    }
    assert found == KNOWN
