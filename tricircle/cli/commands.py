# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What commands have in common that ask the Admin API."""

from typing import Any

from tricircle.cli import client


def tell(file: Any, text: str) -> None:
    """Write a line of progress, for who looks on."""
    file.write(f'{text}\n')
    file.flush()


class OfAdminApi:
    """A command that asks the Admin API.

    :cvar example: shown below its help
    """

    app: Any
    example = ''

    def admin_api(self) -> client.AdminClient:
        """Return the client."""
        made: client.AdminClient = (
            self.app.client_manager.multiregion_networking
        )
        return made

    def get_epilog(self) -> str:
        """Return what stands below the help of a command."""
        return f'Example: {self.example}' if self.example else ''
