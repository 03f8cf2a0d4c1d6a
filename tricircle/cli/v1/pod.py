# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking pod ...``."""

import argparse
from collections.abc import Iterable
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.cli import commands
from tricircle.cli import pauses
from tricircle.cli import several
from tricircle.cli.v1 import departure

COLUMNS = (
    'pod_id',
    'region_name',
    'az_name',
    'pod_az_name',
    'dc_name',
    'resource_affinity',
    'service_user_id',
    'service_project_id',
    'tunnel_networks',
    'state',
    'paused_at',
    'pause_reason',
)
#: Option, field and help of what a pod can be given.
_OPTIONS = (
    (
        '--availability-zone',
        'az_name',
        'Availability zone of the region; none for central Neutron',
    ),
    (
        '--pod-availability-zone',
        'pod_az_name',
        'Name of the availability zone inside the region',
    ),
    ('--data-center', 'dc_name', 'Data center of the region'),
)
#: What the gateway places there.
_AFFINITY = (
    '--resource-affinity',
    'resource_affinity',
    'KEY=VALUE of the extra specs of the flavors whose servers alone go there '
    'through the gateway; an empty one is for all flavors that no pod is for',
)
#: The same, of what pods are not listed by.
_SECURITY_OPTIONS = (
    (
        '--service-user',
        'service_user_id',
        "ID of the user that alone acts for the region: that of its Neutron's "
        '[client] admin_username; an empty one lets any service act for it',
    ),
    (
        '--service-project',
        'service_project_id',
        'ID of the project whose users alone act for the region; with '
        '--service-user both must be right',
    ),
    (
        '--tunnel-networks',
        'tunnel_networks',
        "CIDRs, separated by commas, with the tunnel addresses of the region's"
        ' hosts: no report may name another, nor any other region one of them',
    ),
)
_ALL_OPTIONS = (*_OPTIONS, _AFFINITY, *_SECURITY_OPTIONS)


def _add_options(
    parser: argparse.ArgumentParser,
    options: tuple[tuple[str, str, str], ...] = _ALL_OPTIONS,
) -> None:
    for option, field, text in options:
        parser.add_argument(
            option, metavar=f'<{option[2:]}>', dest=field, help=text
        )


def _given(arguments: argparse.Namespace) -> dict[str, str]:
    return {
        field: getattr(arguments, field)
        for _, field, _ in _ALL_OPTIONS
        if getattr(arguments, field, None) is not None
    }


def _shown(pod: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return COLUMNS, tuple(pod.get(column, '') for column in COLUMNS)


class CreatePod(commands.OfAdminApi, command.ShowOne):
    """Register a region."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--region-name',
            metavar='<region-name>',
            required=True,
            help='Name of the region, as registered in Keystone',
        )
        _add_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(
            self.admin_api().create_pod(
                region_name=parsed_args.region_name, **_given(parsed_args)
            )
        )


class ListPods(commands.OfAdminApi, command.Lister):
    """List regions."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--region-name',
            metavar='<region-name>',
            help='Only the pod of this region',
        )
        _add_options(parser, _OPTIONS)
        parser.add_argument(
            '--limit', metavar='<limit>', type=int, help='Most pods to list'
        )
        parser.add_argument(
            '--marker',
            metavar='<pod-id>',
            help='ID of the pod after which to begin',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        found: Iterable[dict[str, str]] = self.admin_api().pods(
            region_name=parsed_args.region_name,
            limit=parsed_args.limit,
            marker=parsed_args.marker,
            **_given(parsed_args),
        )
        return (
            ('ID', 'Region Name', 'Availability Zone', 'Data Center', 'State'),
            [
                (
                    pod['pod_id'],
                    pod['region_name'],
                    pod['az_name'],
                    pod['dc_name'],
                    pauses.state(pod),
                )
                for pod in found
            ],
        )


class ShowPod(commands.OfAdminApi, command.ShowOne):
    """Show a region."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'pod', metavar='<pod>', help='ID or region name of the pod'
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(self.admin_api().find_pod(parsed_args.pod))


class SetPod(commands.OfAdminApi, command.ShowOne):
    """Change a region, or have all wait that central pushes to it."""

    example = (
        'openstack multiregion networking pod set --pause --reason '
        '"switches are replaced" RegionTwo'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'pod', metavar='<pod>', help='ID or region name of the pod'
        )
        _add_options(parser)
        parser.add_argument(
            '--lost',
            action='store_true',
            help='The region will not come back: what is held until it '
            'confirms is given free, its ports are in no region, and what it '
            'says is refused; this cannot be taken back',
        )
        pauses.add_options(
            parser,
            'Push nothing to the region, and do not compare it with central: '
            'changes wait, also those that take access away. What the region '
            'itself asks for it gets',
            'Have what waits carried out now',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        pauses.check(parsed_args)
        changes = _given(parsed_args)
        others = parsed_args.lost, parsed_args.pause, parsed_args.resume
        if not changes and not any(others):
            options = ', '.join(option for option, _, _ in _ALL_OPTIONS)
            raise exceptions.CommandError(
                f'Nothing to set: give one of {options}, --lost, --pause, '
                '--resume.'
            )
        api = self.admin_api()
        pod = api.find_pod(parsed_args.pod)
        if changes:
            pod = api.update_pod(pod['pod_id'], **changes)
        if parsed_args.pause:
            pod = api.pause_pod(pod['pod_id'], parsed_args.reason)
        if parsed_args.resume:
            pod = api.resume_pod(pod['pod_id'])
        if parsed_args.lost:
            pod['state'] = api.depart(pod['pod_id'], how='lost')['state']
        return _shown(pod)


class DeletePod(commands.OfAdminApi, command.Command):
    """Remove regions.

    Nothing may be in them, unless they are drained or lost.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'pods',
            metavar='<pod>',
            nargs='+',
            help='IDs or region names of the pods',
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            '--drain',
            action='store_true',
            help='Take from the region all that was made there for central '
            'resources, and then remove it; go on with that if it was '
            'stopped. Refused while something uses ports on central networks',
        )
        how.add_argument(
            '--lost',
            action='store_true',
            help='The region will not come back: do not ask it',
        )
        parser.add_argument(
            '--force',
            action='store_true',
            help='With --drain: also if something uses ports there, which is '
            'then without them',
        )
        departure.add_waiting(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        leaves = parsed_args.drain or parsed_args.lost
        if parsed_args.force and not parsed_args.drain:
            raise exceptions.CommandError('--force goes with --drain.')
        if parsed_args.wait and not leaves:
            raise exceptions.CommandError(
                '--wait goes with --drain or --lost.'
            )
        several.do(
            self.app,
            parsed_args.pods,
            lambda name: self._delete(name, parsed_args),
            'pods were not deleted',
        )

    def _delete(self, name: str, parsed_args: argparse.Namespace) -> None:
        api = self.admin_api()
        pod_id = api.find_pod(name)['pod_id']
        if parsed_args.drain:
            api.depart(pod_id, how='drain', force=parsed_args.force)
        elif parsed_args.lost:
            api.depart(pod_id, how='lost', delete=True)
        else:
            api.delete_pod(pod_id)
            return
        if parsed_args.wait:
            departure.wait(api, pod_id, parsed_args.timeout, self.app.stderr)
