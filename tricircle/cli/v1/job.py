# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking job ...``."""

import argparse
from typing import Any, Final

from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.cli import commands
from tricircle.cli import pauses
from tricircle.cli import several
from tricircle.plan import jobs as plan

#: As the API has them; a release of another version may have more.
_STATUSES: Final = ('new', 'running', 'paused', 'fail', 'ended', 'success')
_HEADERS: Final = ('ID', 'Project', 'Status', 'Timestamp', 'Type')
_MORE_HEADERS: Final = ('Region', 'Resource')
_LONG_HEADERS: Final = ('Age', 'Attempts', 'Next Try At', 'Reason')
#: Names of what a job is about, of any type.
_PARTS: Final = tuple(
    dict.fromkeys(name for names in plan.NAMES.values() for name in names)
)


def _row(job: dict[str, Any], long: bool) -> tuple[Any, ...]:
    row = (
        job['id'],
        job['project_id'] or '',
        job['status'],
        job['timestamp'],
        job['type'],
        job['region_name'],
        format_columns.DictColumn(job['resource']),
    )
    if not long:
        return row
    return (
        *row,
        '' if job['age'] is None else job['age'],
        job['attempts'],
        job['next_try_at'] or '',
        pauses.said(job) or job['reason'] or '',
    )


def _shown(job: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Return columns and values; the parts of the resource are columns."""
    flat: dict[str, Any] = {}
    for key, value in job.items():
        if key == 'resource':
            flat.update(value)
        elif isinstance(value, list):
            flat[key] = format_columns.ListColumn(value)
        else:
            flat[key] = value
    return tuple(flat), tuple(flat.values())


class ListJobs(commands.OfAdminApi, command.Lister):
    """List jobs: what regions are to have, and how far it got.

    The job touched last comes first. All are listed unless there is a
    --limit.
    """

    example = (
        'openstack '
        'multiregion networking job list --long --status fail --sort-key '
        'wanted_at --sort-dir asc'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        for option, text in (
            ('--project-id', "Only jobs of this project's resources"),
            ('--region-name', 'Only jobs of this region'),
            ('--pod-id', 'Only jobs of the region of this pod'),
            (
                '--resource-id',
                'Only jobs of this resource; of a network also those of its '
                'shadow ports',
            ),
        ):
            parser.add_argument(option, metavar=f'<{option[2:]}>', help=text)
        parser.add_argument(
            '--type',
            metavar='<type>',
            choices=sorted(plan.NAMES),
            help=f'Only jobs of this type: {", ".join(sorted(plan.NAMES))}',
        )
        parser.add_argument(
            '--status',
            metavar='<status>',
            type=str.lower,
            choices=_STATUSES,
            help=f'Only jobs that are so: {", ".join(_STATUSES)}',
        )
        for option, text in (
            ('--min-age', 'Only what a region has lacked for so long'),
            ('--max-age', 'Only what a region has lacked for no longer'),
        ):
            parser.add_argument(
                option, metavar='<seconds>', type=float, help=text
            )
        parser.add_argument(
            '--sort-key',
            metavar='<field>',
            help='Field to sort by, such as timestamp, wanted_at or attempts',
        )
        parser.add_argument(
            '--sort-dir', choices=('asc', 'desc'), help='Default desc'
        )
        parser.add_argument(
            '--limit', metavar='<limit>', type=int, help='Most jobs to list'
        )
        parser.add_argument(
            '--marker',
            metavar='<job-id>',
            help='ID of the job after which to begin',
        )
        parser.add_argument(
            '--long',
            action='store_true',
            help='Also seconds that the region has waited, attempts, when '
            'the next is, and why the last one failed',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        found = self.admin_api().jobs(
            parsed_args.long,
            project_id=parsed_args.project_id,
            region_name=parsed_args.region_name,
            pod_id=parsed_args.pod_id,
            resource_id=parsed_args.resource_id,
            type=parsed_args.type,
            status=parsed_args.status,
            min_age=parsed_args.min_age,
            max_age=parsed_args.max_age,
            sort_key=parsed_args.sort_key,
            sort_dir=parsed_args.sort_dir,
            limit=parsed_args.limit,
            marker=parsed_args.marker,
        )
        more = _LONG_HEADERS if parsed_args.long else ()
        return (*_HEADERS, *_MORE_HEADERS, *more), [
            _row(one, parsed_args.long) for one in found
        ]


class ShowJob(commands.OfAdminApi, command.ShowOne):
    """Show a job: how far it is, and why it got no further."""

    example = (
        'openstack multiregion networking job show -f json '
        '0f3c1a0e-3b2f-5c55-8e0b-0a8a3d1c9b77'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument('job', metavar='<job>', help='ID of the job')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        return _shown(self.admin_api().job(parsed_args.job))


class CreateJob(commands.OfAdminApi, command.ShowOne):
    """Have a region told of a resource again, or compared with central.

    The resource is named by the options that its type takes.
    """

    example = (
        'openstack multiregion networking job create --type '
        'network --pod-id RegionOne --network-id '
        '4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11; openstack multiregion '
        'networking job create --type sweep --pod-id RegionOne'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        types = sorted(plan.NAMES)
        parser.add_argument(
            '--type',
            metavar='<type>',
            required=True,
            choices=types,
            help='Type of the job: '
            + '; '.join(
                f'{one} ({", ".join(plan.NAMES[one])})' for one in types
            ),
        )
        # The first client wrote them with underscores.
        parser.add_argument(
            '--project-id',
            '--project_id',
            metavar='<project-id>',
            help='ID of the project, which must be that of the resource',
        )
        for name in _PARTS:
            word = name.replace('_', '-')
            parser.add_argument(
                *dict.fromkeys((f'--{word}', f'--{name}')),
                dest=name,
                metavar=f'<{word}>',
                help='ID or region name of the pod'
                if name == plan.POD
                else 'Number of the chunk of shadow ports'
                if word == name
                else f'ID of the {word.removesuffix("-id")}',
            )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        api = self.admin_api()
        resource = {
            name: value
            for name in _PARTS
            if (value := getattr(parsed_args, name)) is not None
        }
        if plan.POD in resource:
            resource[plan.POD] = api.find_pod(resource[plan.POD])['pod_id']
        wanted: dict[str, Any] = {
            'type': parsed_args.type,
            'resource': resource,
        }
        if parsed_args.project_id is not None:
            wanted['project_id'] = parsed_args.project_id
        return _shown(api.create_job(wanted))


class RedoJob(commands.OfAdminApi, command.Command):
    """Have jobs done now that wait, failed or were ended."""

    example = (
        'openstack multiregion networking job redo '
        '0f3c1a0e-3b2f-5c55-8e0b-0a8a3d1c9b77'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        several.add_ids(parser, 'job')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        several.do(
            self.app,
            parsed_args.ids,
            self.admin_api().redo_job,
            'jobs are not done again',
        )


class DeleteJob(commands.OfAdminApi, command.Command):
    """End jobs that cannot succeed: they are tried no more.

    The region goes on lacking what it lacks, and central says so. The next
    change of the resource makes a job anew, and so does "job redo".
    """

    example = (
        'openstack multiregion networking job delete '
        '0f3c1a0e-3b2f-5c55-8e0b-0a8a3d1c9b77'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        several.add_ids(parser, 'job')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        several.do(
            self.app,
            parsed_args.ids,
            self.admin_api().end_job,
            'jobs were not ended',
        )
