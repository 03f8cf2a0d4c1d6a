# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``openstack multiregion networking status``."""

import argparse
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.cli import client
from tricircle.cli import commands
from tricircle.cli import pauses
from tricircle.cli import waiting
from tricircle.replica import data_path

_HEADERS: Final = (
    'Region',
    'State',
    'Answers',
    'In Sync',
    'Percent',
    'Pending',
    'Failing',
    'Oldest',
    'Compared',
    'Data Path',
    'Reason',
)
_ANSWERS: Final = {True: 'yes', False: 'no', None: 'unknown'}
_LONG_HEADERS: Final = (
    'Replicas',
    'Incomplete',
    'Ended',
    'Paused',
    'Version',
    'Documents',
    'Lacks',
)
_UNKNOWN: Final = 'unknown'


def _reason(one: dict[str, Any]) -> str:
    """Return why the region is not as it should be, as far as is known."""
    if one.get('paused_at'):
        return pauses.said(one)
    if one['contact_failure']:
        return str(one['contact_failure'])
    oldest = one['oldest_failure']
    if oldest is not None:
        return f'{oldest["type"]} {oldest["id"]}: {oldest["reason"]}'
    return one['sweep_failure'] or ''


def _data_path(found: dict[str, Any] | None) -> str:
    """Return how the tunnels of a region are.

    :param found: None of an administrator API of a release before
    """
    if found is None:
        return _UNKNOWN
    state, since = found['state'], found['since']
    if state == data_path.State.DOWN:
        lost = found['down'] + found['silent']
        return f'{lost} of {found["tunnels"]} tunnels down'
    if state == data_path.State.UNPROVEN:
        return (
            f'unproven: {found["unasked"]} of {found["tunnels"]} tunnels not '
            f'asked yet, {found["mute"]} of {found["hosts"]} hosts silent'
        )
    if state == data_path.State.UNKNOWN and since is not None:
        why = f': {found["failure"]}' if found['failure'] else ''
        return f'{_UNKNOWN} since {since}{why}'
    return str(state)


def _row(one: dict[str, Any], long: bool) -> tuple[Any, ...]:
    row = (
        one['region_name'],
        pauses.state(one),
        _ANSWERS[one['answers']],
        one['in_sync'],
        one['percent'],
        one['pending'],
        one['failing'],
        '' if one['age'] is None else one['age'],
        one['swept_at'] or 'never',
        _data_path(one.get('data_path')),
        _reason(one),
    )
    if not long:
        return row
    # An administrator API of a release before has no word of the last four.
    lacks = one.get('lacking_extensions')
    return (
        *row,
        one['replicas'],
        one['incomplete'],
        one['ended'],
        one.get('paused', 0),
        _or_unknown(one.get('version')),
        _or_unknown(one.get('document_schema')),
        _UNKNOWN if lacks is None else format_columns.ListColumn(lacks),
    )


def _or_unknown(value: Any) -> Any:
    return _UNKNOWN if value is None else value


def _is_long(parsed_args: argparse.Namespace) -> bool:
    """Tell whether all columns are wanted: a program gets them anyway."""
    named = {one.casefold() for one in parsed_args.columns}
    return (
        parsed_args.long
        or parsed_args.formatter == 'json'
        or any(one.casefold() in named for one in _LONG_HEADERS)
    )


def _missing(found: list[dict[str, Any]]) -> str:
    """Return what regions have not confirmed, '' when there is nothing.

    Of one that is lost nothing is waited for. One that does not answer has
    perhaps not what it had.
    """
    return '; '.join(
        f'{one["region_name"]}: {one["pending"]} pending, '
        f'{one["failing"]} of them fail'
        + (f' ({_reason(one)})' if _reason(one) else '')
        for one in found
        if (one['pending'] or one['answers'] is False)
        and one['state'] != 'lost'
    )


class ListStatuses(commands.OfAdminApi, command.Lister):
    """Show how far each region is from what central wants of it.

    By central's journal, by what XJob was answered last, and by the last
    comparison of the region with central. Answers is unknown when no XJob has
    looked for a minute. Data Path says how the tunnels of the region's hosts
    to other regions are, as their agents report: each tunnel has an end in
    both regions, and what is older than three minutes is unknown. Oldest is
    for how many seconds the region has lacked a change, Compared when all of
    it was compared last. State is paused while an operator has all wait that
    is for the region; Reason then says since when, and what for. With --long,
    or as JSON, Paused counts what waits by itself, Version is that of
    Tricircle in the region's Neutron, Documents the format of documents that
    it reads, and Lacks names the extensions of central that it has not: what
    central says by these is omitted there.
    """

    example = (
        'openstack multiregion networking status --region RegionTwo --wait '
        '--timeout 60'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--region', metavar='<region>', help='Only this region'
        )
        parser.add_argument(
            '--wait',
            action='store_true',
            help='Wait until nothing is pending, and each region answers '
            'that is not lost; show meanwhile what is missing',
        )
        parser.add_argument(
            '--timeout',
            metavar='<seconds>',
            type=float,
            help='With --wait: seconds after which to wait no more; the '
            'command fails then',
        )
        parser.add_argument(
            '--long',
            action='store_true',
            help='Also how much the region is to have, what of it is '
            'incomplete, what is not tried any more or paused, which version '
            'runs there, and which extensions of central it lacks',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        if parsed_args.timeout is not None and not parsed_args.wait:
            raise exceptions.CommandError('--timeout needs --wait.')
        if parsed_args.wait:
            found = self._wait(parsed_args.region, parsed_args.timeout)
        else:
            found = self._find(parsed_args.region)
        long = _is_long(parsed_args)
        headers = (*_HEADERS, *_LONG_HEADERS) if long else _HEADERS
        return headers, [_row(one, long) for one in found]

    def _find(self, region_name: str | None) -> list[dict[str, Any]]:
        found = self.admin_api().statuses(region_name=region_name)
        if region_name is not None and not found:
            raise client.not_served(region_name)
        return found

    def _wait(
        self, region_name: str | None, seconds: float | None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for found in waiting.looks(
            lambda: self._find(region_name),
            _missing,
            self.app.stderr,
            seconds,
        ):
            if not _missing(found):
                break
        return found
