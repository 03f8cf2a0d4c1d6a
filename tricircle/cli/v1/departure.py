# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking pod departure ...``."""

import argparse
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.cli import client
from tricircle.cli import waiting


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Add the options of :func:`wait`."""
    parser.add_argument(
        '--wait',
        action='store_true',
        help='Wait until the region has left, and show what remains',
    )
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=float,
        help='With --wait: seconds after which to wait no more; the region '
        'goes on leaving',
    )


def _text(found: dict[str, Any] | None) -> str:
    if found is None:
        return ''
    parts = [
        f'{count} {kind}' for kind, count in sorted(found['remaining'].items())
    ]
    parts.append(f'{found["held_ports"]} held ports')
    text = f'{found["region_name"]}: {", ".join(parts)} remain'
    oldest = found['oldest_failure']
    if oldest:
        text += (
            f'; {found["failed_jobs"]} jobs fail, such as {oldest["type"]} '
            f'{oldest["id"]} ({oldest["attempts"]} times: {oldest["reason"]})'
        )
    return text


def wait(
    api: client.AdminClient,
    pod_id: str,
    seconds: float | None,
    progress: Any,
) -> None:
    """Wait until a region has left.

    :param seconds: to wait at most, None for as long as it takes
    :param progress: a file for what remains, a line whenever that changes
    :raises CommandError: when it takes longer, or somebody stopped it
    """
    for found in waiting.looks(
        lambda: api.departure(pod_id), _text, progress, seconds
    ):
        if found is None:
            return
        if found['state'] == 'active':
            raise exceptions.CommandError(
                f'{found["region_name"]} leaves no more: somebody stopped it.'
            )


class _Command(command.ShowOne):
    app: Any

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'pod', metavar='<pod>', help='ID or region name of the pod'
        )
        return parser

    def api_and_id(
        self, parsed_args: argparse.Namespace
    ) -> tuple[client.AdminClient, str]:
        """Return the client and the ID of the pod."""
        api: client.AdminClient = (
            self.app.client_manager.multiregion_networking
        )
        return api, api.find_pod(parsed_args.pod)['pod_id']

    @staticmethod
    def shown(
        found: dict[str, Any] | None, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return columns and values."""
        if found is None:
            raise exceptions.CommandError(f'{parsed_args.pod} has left.')
        return tuple(found), tuple(found.values())


class ShowDeparture(_Command):
    """Show what is left of a region that leaves, or would have to go."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        api, pod_id = self.api_and_id(parsed_args)
        return self.shown(api.departure(pod_id), parsed_args)


class StopDeparture(_Command):
    """Have a region leave no more; what it gave back comes when used."""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        api, pod_id = self.api_and_id(parsed_args)
        return self.shown(api.stay(pod_id), parsed_args)
