# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands that do the same to several things."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from osc_lib import exceptions


def add_ids(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the argument with the IDs of things.

    :param name: of one thing
    """
    parser.add_argument(
        'ids', metavar=f'<{name}>', nargs='+', help=f'ID of the {name}'
    )


def do(
    app: Any, names: Sequence[str], one: Callable[[str], object], failed: str
) -> None:
    """Do something to each thing; go on with the others when one fails.

    :param one: does it
    :param failed: what is said of those that failed, after how many they are
    :raises CommandError: when one failed
    """
    count = 0
    for name in names:
        try:
            one(name)
        except exceptions.CommandError as exc:
            app.stderr.write(f'{name}: {exc}\n')
            count += 1
    if count:
        raise exceptions.CommandError(f'{count} of {len(names)} {failed}.')
