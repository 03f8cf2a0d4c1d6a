# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking routing ...``."""

import argparse
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.cli import commands
from tricircle.cli import several
from tricircle.replica import kinds
from tricircle.replica import types

_HEADERS: Final = ('ID', 'Pod', 'Resource Type', 'Top')
_TYPES: Final = sorted(
    one.type for one in kinds.KINDS if one.type != types.SHADOW_PORTS
)
#: Option and help of what a routing says.
_OPTIONS: Final = (
    ('--top-id', 'ID of the resource in central'),
    ('--bottom-id', 'ID of the resource in the region, which is the same'),
    ('--pod-id', 'ID or region name of the pod'),
    ('--project-id', 'ID of the project'),
)


def _type(text: str) -> str:
    """Return a type as it is written now."""
    return text.replace('_', '-')


def _field(option: str) -> str:
    return option[2:].replace('-', '_')


def _add_options(
    parser: argparse.ArgumentParser, required: tuple[str, ...] = ()
) -> None:
    for option, text in _OPTIONS:
        parser.add_argument(
            option,
            metavar=f'<{option[2:]}>',
            required=option in required,
            help=text,
        )
    parser.add_argument(
        '--resource-type',
        metavar='<resource-type>',
        type=_type,
        choices=_TYPES,
        required='--resource-type' in required,
        help=f'Type of the resource: {", ".join(_TYPES)}',
    )


class _Command(commands.OfAdminApi):
    def given(self, parsed_args: argparse.Namespace) -> dict[str, str]:
        """Return the fields that were given as options."""
        fields = {
            field: value
            for field in (
                *(_field(one) for one, _ in _OPTIONS),
                'resource_type',
            )
            if (value := getattr(parsed_args, field)) is not None
        }
        if 'pod_id' in fields:
            pod = self.admin_api().find_pod(fields['pod_id'])
            fields['pod_id'] = pod['pod_id']
        return fields


def _shown(
    routing: dict[str, Any],
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    return tuple(routing), tuple(routing.values())


class ListRoutings(_Command, command.Lister):
    """List which resource is in which region, the latest first.

    All are listed unless there is a --limit.
    """

    example = (
        'openstack multiregion networking routing list --pod-id '
        'RegionOne --resource-type network'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--routing', metavar='<routing>', help='ID of the routing'
        )
        _add_options(parser)
        for option in ('--created-at', '--updated-at'):
            parser.add_argument(
                option,
                metavar='<moment>',
                help='Only those of this second, such as "2026-11-29 '
                '02:31:07", UTC',
            )
        parser.add_argument(
            '--limit',
            metavar='<limit>',
            type=int,
            help='Most routings to list',
        )
        parser.add_argument(
            '--marker',
            metavar='<routing-id>',
            help='ID of the routing after which to begin',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        found = self.admin_api().routings(
            id=parsed_args.routing,
            created_at=parsed_args.created_at,
            updated_at=parsed_args.updated_at,
            limit=parsed_args.limit,
            marker=parsed_args.marker,
            **self.given(parsed_args),
        )
        return _HEADERS, [
            (one['id'], one['pod_id'], one['resource_type'], one['top_id'])
            for one in found
        ]


class ShowRouting(_Command, command.ShowOne):
    """Show a routing: that a resource is in a region."""

    example = 'openstack multiregion networking routing show 45'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'routing', metavar='<routing>', help='ID of the routing'
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(self.admin_api().routing(parsed_args.routing))


class CreateRouting(_Command, command.ShowOne):
    """Note that a resource is in a region.

    It is for repair: central then believes what you say, and no region is
    told of it. See the page on routings first.
    """

    example = (
        'openstack multiregion networking routing create --top-id '
        '4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11 --pod-id RegionOne '
        '--project-id b9b9aa1b1c2d4e5f8f8d2f0a9b1c2d3e --resource-type network'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        _add_options(
            parser,
            ('--top-id', '--pod-id', '--project-id', '--resource-type'),
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(self.admin_api().create_routing(self.given(parsed_args)))


class UpdateRouting(_Command, command.ShowOne):
    """Change where a resource is noted to be.

    It is for repair: central then believes what you say, and no region is
    told of it. See the page on routings first.
    """

    example = (
        'openstack multiregion networking routing update --pod-id RegionTwo 45'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'routing', metavar='<routing>', help='ID of the routing'
        )
        _add_options(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        changes = self.given(parsed_args)
        if not changes:
            raise exceptions.CommandError('Nothing to change: see --help.')
        return _shown(
            self.admin_api().update_routing(parsed_args.routing, changes)
        )


class DeleteRouting(_Command, command.Command):
    """Forget that resources are in regions.

    It is for repair: central then believes what you say, and no region is
    told of it. See the page on routings first.
    """

    example = 'openstack multiregion networking routing delete 45'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        several.add_ids(parser, 'routing')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        several.do(
            self.app,
            parsed_args.ids,
            self.admin_api().delete_routing,
            'routings were not deleted',
        )
