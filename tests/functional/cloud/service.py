# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A process with a configuration file that tests change."""

from collections.abc import Iterator, Mapping, Sequence
import contextlib
from pathlib import Path
from typing import Self

from tests.functional.cloud import configuration
from tests.functional.cloud import mariadb
from tests.functional.cloud import process
from tests.functional.cloud import workspace as workspaces


class Service(process.Process):
    """A process with one configuration file and one database user.

    :param config_file: where the options are written
    """

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        arguments: Sequence[str],
        database: mariadb.Database,
        config_file: Path,
        options: configuration.Options,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(workspace, name, arguments, environment)
        self.database = database
        self.config_file = config_file
        self._options: dict[str, dict[str, object]] = {}
        self.configure(options)

    @property
    def options(self) -> dict[str, dict[str, object]]:
        """The whole configuration, as it was last written."""
        return configuration.merged(self._options)

    def configure(self, options: configuration.Options) -> None:
        """Change options for the next start; None takes one out."""
        self._options = configuration.merged(self._options, options)
        configuration.write(self.config_file, self._options)

    @contextlib.contextmanager
    def configured(self, options: configuration.Options) -> Iterator[Self]:
        """Run with other options during the ``with`` block."""
        before = self._options
        try:
            self.configure(options)
            self.kill9()
            self.start()
            yield self
        finally:
            self._options = before
            self.configure({})
            self.kill9()
            self.start()

    def sql_statements(self) -> mariadb.Statements:
        """Return what this process sent to its database so far."""
        return self.database.statements()
