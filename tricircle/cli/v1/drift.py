# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking drift ...``."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.cli import commands
from tricircle.replica import kinds

_TYPES: Final = tuple(sorted(one.type for one in kinds.KINDS))
_HEADERS: Final = ('Region', 'Type', 'ID', 'Difference')


def _add_type(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--type',
        metavar='<type>',
        choices=_TYPES,
        help=f'Only resources of this type: {", ".join(_TYPES)}',
    )


class _OfRegions(commands.OfAdminApi, command.Lister):
    """A list over regions; one that does not answer keeps no other from it."""

    _failed = False

    def run(self, parsed_args: argparse.Namespace) -> int:
        return int(super().run(parsed_args)) or int(self._failed)

    def gather(
        self,
        region_names: Sequence[str],
        pages: Any,
    ) -> Iterator[dict[str, Any]]:
        """Yield what is found in regions, one after the other.

        The command ends with 1 when one of them could not be compared.

        :param pages: called with the name of a region; yields lists
        """
        for name in region_names:
            if len(region_names) > 1:
                commands.tell(self.app.stderr, f'{name} ...')
            try:
                for page in pages(name):
                    yield from page
            except exceptions.CommandError as exc:
                commands.tell(self.app.stderr, f'{name}: {exc}')
                self._failed = True


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        one['region_name'],
        one['resource_type'],
        one['resource_id'],
        one['difference'],
    )


class ListDrifts(_OfRegions):
    """List what regions have otherwise than central says.

    The regions are asked while the command waits. It differs, is missing in
    the region, or is there and unknown to central's journal. What a job is
    about to bring is not compared, and what is a region's own is not looked
    at. Nothing is changed. The command ends with 1 when a region did not
    answer, or with --fail when there is anything to list.
    """

    example = (
        'openstack multiregion networking drift list --region RegionTwo '
        '--type network -f json'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--region',
            metavar='<region>',
            action='append',
            default=[],
            help='Only this region; may be given several times',
        )
        _add_type(parser)
        parser.add_argument(
            '--fail',
            action='store_true',
            help='End with 1 when there is anything to list',
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        api = self.admin_api()
        names = parsed_args.region or sorted(
            one['region_name']
            for one in api.pods()
            if one['az_name'] and one['state'] == 'active'
        )
        rows = [
            _row(one)
            for one in self.gather(
                names,
                lambda name: api.drifts(
                    region_name=name, resource_type=parsed_args.type
                ),
            )
        ]
        self._failed |= parsed_args.fail and bool(rows)
        return _HEADERS, rows


class ShowDrift(commands.OfAdminApi, command.ShowOne):
    """Show how a region has a resource otherwise than central says.

    Fields are those that differ, with what central wants and what is there.
    """

    example = (
        'openstack multiregion networking drift show RegionTwo network '
        '4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'region', metavar='<region>', help='Name of the region'
        )
        parser.add_argument(
            'type',
            metavar='<type>',
            choices=_TYPES,
            help=f'Type of the resource: {", ".join(_TYPES)}',
        )
        parser.add_argument(
            'id', metavar='<id>', help='ID of the resource, as listed'
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        found = self.admin_api().drift(
            parsed_args.region, parsed_args.type, parsed_args.id
        )
        found['fields'] = format_columns.ListDictColumn(found['fields'])
        return tuple(found), tuple(found.values())


class RepairDrifts(_OfRegions):
    """Have it made right what regions have otherwise than central says.

    A job is made for each difference, as by the comparisons that XJob makes
    from time to time. XJob carries them out: it sends what central has, and
    has removed what central has no more and nothing in the region uses. The
    command ends with 1 when a region did not answer; safe to repeat.
    """

    example = (
        'openstack multiregion networking drift repair RegionTwo --type '
        'network --dry-run'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'regions',
            metavar='<region>',
            nargs='+',
            help='Name of the region',
        )
        _add_type(parser)
        parser.add_argument(
            '--id',
            metavar='<id>',
            help='With --type: only the resource with this ID',
        )
        parser.add_argument(
            '--dry-run',
            action='store_true',
            help='Only list what would be made right; no job is made',
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        if parsed_args.id is not None and parsed_args.type is None:
            raise exceptions.CommandError('--id needs --type.')
        api = self.admin_api()
        return (*_HEADERS, 'Job'), [
            (*_row(one), one['job_id'] or '')
            for one in self.gather(
                parsed_args.regions,
                lambda name: api.repair_drifts(
                    region_name=name,
                    resource_type=parsed_args.type,
                    resource_id=parsed_args.id,
                    dry_run=parsed_args.dry_run,
                ),
            )
        ]
