# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables for people to read."""

from collections.abc import Callable, Sequence


def text(
    heads: Sequence[str],
    body: Sequence[Sequence[str]],
    justify: Callable[[str, int], str] = str.ljust,
) -> str:
    """Return rows as lines, with columns as wide as their widest cell.

    :param justify: pads a cell to a width
    """
    rows = [heads, *body]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return '\n'.join(
        '  '.join(
            justify(cell, width)
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
