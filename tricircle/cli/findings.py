# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands that list what is in the way."""

import abc
import argparse
from typing import Any

from osc_lib.command import command


class Findings(command.Lister):
    """A list that is empty when all is well; else the command ends with 1."""

    app: Any
    columns: tuple[str, ...] = ()
    _found = False

    def run(self, parsed_args: argparse.Namespace) -> int:
        return int(super().run(parsed_args)) or int(self._found)

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        rows = self.find(parsed_args)
        self._found = self.is_failure(parsed_args, rows)
        return self.columns, rows

    def is_failure(
        self, parsed_args: argparse.Namespace, rows: list[tuple[str, ...]]
    ) -> bool:
        """Tell whether the command ends with 1."""
        return bool(rows)

    @abc.abstractmethod
    def find(self, parsed_args: argparse.Namespace) -> list[tuple[str, ...]]:
        """Return a row for each finding."""
