# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking binding ...``."""

import argparse
from typing import Any

from osc_lib.command import command

from tricircle.cli import commands
from tricircle.cli import several


def _shown(
    binding: dict[str, Any],
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    return tuple(binding), tuple(binding.values())


def _add_pod(parser: argparse.ArgumentParser, required: bool = False) -> None:
    parser.add_argument(
        '--pod',
        metavar='<pod>',
        required=required,
        help='ID or region name of the pod',
    )


def _add_project(
    parser: argparse.ArgumentParser, required: bool = False
) -> None:
    parser.add_argument(
        '--project-id',
        metavar='<project-id>',
        required=required,
        help='ID of the project',
    )


class _Command(commands.OfAdminApi):
    def pod_id(self, pod: str) -> str:
        """Return the ID of a pod that is named in one way or another."""
        return str(self.admin_api().find_pod(pod)['pod_id'])


class ListBindings(_Command, command.Lister):
    """List with which pods projects place what they make, the latest first.

    All are listed unless there is a --limit.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        _add_project(parser)
        _add_pod(parser)
        parser.add_argument(
            '--availability-zone',
            metavar='<availability-zone>',
            help='Only those for this zone',
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            '--standing',
            action='store_const',
            const='true',
            dest='is_binding',
            help='Only those that stand',
        )
        which.add_argument(
            '--ended',
            action='store_const',
            const='false',
            dest='is_binding',
            help='Only those that have ended',
        )
        parser.add_argument(
            '--limit',
            metavar='<limit>',
            type=int,
            help='Most bindings to list',
        )
        parser.add_argument(
            '--marker',
            metavar='<binding-id>',
            help='ID of the binding after which to begin',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        pod = parsed_args.pod
        found = self.admin_api().bindings(
            tenant_id=parsed_args.project_id,
            pod_id=None if pod is None else self.pod_id(pod),
            az_name=parsed_args.availability_zone,
            is_binding=parsed_args.is_binding,
            limit=parsed_args.limit,
            marker=parsed_args.marker,
        )
        return (
            (
                'ID',
                'Project',
                'Region Name',
                'Availability Zone',
                'Standing',
                'Reason',
            ),
            [
                (
                    one['id'],
                    one['tenant_id'],
                    one['region_name'],
                    one['az_name'],
                    one['is_binding'],
                    one['reason'] or '',
                )
                for one in found
            ],
        )


class ShowBinding(_Command, command.ShowOne):
    """Show with which pod of a zone a project places what it makes."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'binding', metavar='<binding>', help='ID of the binding'
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(self.admin_api().binding(parsed_args.binding))


class CreateBinding(_Command, command.ShowOne):
    """Bind a project to a pod: what it makes in that zone goes there.

    Nothing that is there already moves.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        _add_project(parser, required=True)
        _add_pod(parser, required=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(
            self.admin_api().create_binding(
                parsed_args.project_id, self.pod_id(parsed_args.pod)
            )
        )


class SetBinding(_Command, command.ShowOne):
    """Bind the project of a binding to another pod of its zone.

    The binding ends, and the new one is shown. Nothing that is there already
    moves.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        _add_pod(parser, required=True)
        parser.add_argument(
            'binding', metavar='<binding>', help='ID of the binding'
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(
            self.admin_api().rebind(
                parsed_args.binding, self.pod_id(parsed_args.pod)
            )
        )


class DeleteBinding(_Command, command.Command):
    """Forget bindings; the next placing of a project chooses anew."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        several.add_ids(parser, 'binding')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        several.do(
            self.app,
            parsed_args.ids,
            self.admin_api().delete_binding,
            'bindings were not deleted',
        )
