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

from openstack import exceptions as sdk_exc
from osc_lib import exceptions
from osc_lib.command import command

from tricircle.replica import kinds

#: By type of resource.
_KINDS: Final = {one.type: one for one in kinds.KINDS if one.collection}
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
        parser.add_argument(
            'type',
            metavar='<type>',
            choices=sorted(_KINDS),
            help=f'Type of the resource: {", ".join(sorted(_KINDS))}',
        )
        parser.add_argument(
            'resource', metavar='<resource>', help='Name or ID of the resource'
        )
        parser.add_argument(
            '--long',
            action='store_true',
            help='Also attempts, and the counters of changes',
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        kind = _KINDS[parsed_args.type]
        network = self.app.client_manager.network
        try:
            found = getattr(network, f'find_{kind.word}')(
                parsed_args.resource, ignore_missing=False
            )
            answer = network.get(f'/{kind.collection}/{found.id}/replicas')
            if answer.status_code == 404 and not _is_central(network):
                raise exceptions.CommandError(
                    'This Neutron is not the central one: name its region '
                    'with --os-region-name.'
                )
            sdk_exc.raise_from_response(answer)
        except sdk_exc.SDKException as exc:
            raise exceptions.CommandError(str(exc)) from exc
        headers = (*_HEADERS, *_LONG_HEADERS) if parsed_args.long else _HEADERS
        return headers, [
            _row(state, parsed_args.long)
            for state in answer.json()['replicas']
        ]


def _is_central(network: Any) -> bool:
    return any(
        one.alias == 'tricircle-replicas' for one in network.extensions()
    )
