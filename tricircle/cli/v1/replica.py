# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``openstack multiregion networking replica ...``."""

import argparse
from collections.abc import Iterable
from typing import Any, Final

from osc_lib.command import command

from tricircle.cli import central

_HEADERS: Final = ('Region', 'Status', 'Omitted', 'Reason')
_LONG_HEADERS: Final = ('Attempts', 'Next Try At', 'Counter', 'Applied')


def _row(state: dict[str, Any], long: bool) -> tuple[Any, ...]:
    row = (
        state['region'],
        state['status'],
        ', '.join(state['omitted']),
        state['reason'] or '',
    )
    if not long:
        return row
    return (
        *row,
        state['attempts'],
        state['next_try_at'] or '',
        state['counter'],
        state['applied'],
    )


class ListReplicas(command.Lister):
    """Show how far a resource of central Neutron got in each region."""

    app: Any

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        central.add_resource(parser)
        parser.add_argument(
            '--long',
            action='store_true',
            help='Also attempts, and the counters of changes',
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        _resource, states = central.find(
            self.app.client_manager.network,
            parsed_args.type,
            parsed_args.resource,
        )
        headers = (*_HEADERS, *_LONG_HEADERS) if parsed_args.long else _HEADERS
        return headers, [_row(state, parsed_args.long) for state in states]
