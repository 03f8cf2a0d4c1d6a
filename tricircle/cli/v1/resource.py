# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking resource ...``."""

import argparse
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.cli import central
from tricircle.cli import commands
from tricircle.cli import pauses
from tricircle.plan import jobs as plan
from tricircle.replica import types

#: Types of jobs by which regions get what is of a resource.
_IN_REGIONS: Final = {
    one for one, names in plan.NAMES.items() if plan.POD in names
} - {types.ADOPTION, types.SWEEP, types.DEPARTURE, *types.MIRRORED}


def _pending(state: dict[str, Any]) -> str:
    text = f'{state["counter"] - state["applied"]} changes'
    if not state['next_try_at']:
        return f'{text}, {state["reason"]}' if state['reason'] else text
    if not state['attempts']:
        return text
    return (
        f'{text}, tried {state["attempts"]} times, again at '
        f'{state["next_try_at"]}: {state["reason"]}'
    )


class ShowResource(commands.OfAdminApi, command.ShowOne):
    """Show where a resource of central Neutron is, and what is missing there.

    Regions are those that central counts it in; the others are lists of what
    each of them has, waits for, or goes without. Jobs are those that are not
    done, for the resource itself and what belongs to it.
    """

    example = 'openstack multiregion networking resource show network net1'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        central.add_resource(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        found, states = central.find(
            self.app.client_manager.network,
            parsed_args.type,
            parsed_args.resource,
        )
        api = self.admin_api()
        pods = {one['pod_id']: one['region_name'] for one in api.pods()}
        routings = api.routings(
            top_id=found.id, resource_type=parsed_args.type
        )
        jobs = api.jobs(True, resource_id=found.id)
        shown = {
            'type': parsed_args.type,
            'id': found.id,
            'name': found.name,
            'project_id': found.project_id,
            'regions': format_columns.ListColumn(
                sorted(str(pods[one['pod_id']]) for one in routings)
            ),
            'in_sync': format_columns.ListColumn(
                [one['region'] for one in states if one['status'] == 'IN_SYNC']
            ),
            'pending': format_columns.DictColumn(
                {
                    one['region']: _pending(one)
                    for one in states
                    if one['status'] != 'IN_SYNC'
                }
            ),
            'omitted': format_columns.DictListColumn(
                {
                    one['region']: one['omitted']
                    for one in states
                    if one['omitted']
                }
            ),
            'paused': format_columns.DictColumn(
                {
                    one['region_name']: pauses.said(one)
                    for one in jobs
                    if one['type'] == parsed_args.type and pauses.said(one)
                }
            ),
            'jobs': format_columns.ListColumn(
                [
                    one['id']
                    for one in jobs
                    if one['status'].lower() != 'success'
                ]
            ),
        }
        return tuple(shown), tuple(shown.values())


class SetResource(commands.OfAdminApi, command.Lister):
    """Have a resource of central Neutron wait, so that somebody can look.

    Its jobs in the regions where it is, and those of what belongs to it, such
    as the members of a security group, are not carried out until it is
    resumed. What another resource requires still comes with that one's job: a
    network with its ports. So does what a region itself asks for.
    """

    example = (
        'openstack multiregion networking resource set --pause --reason '
        '"looking at it" --region RegionTwo network net1'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        central.add_resource(parser)
        pauses.add_options(
            parser, 'Have it wait', 'Have it wait no more; it is done now'
        )
        parser.add_argument(
            '--region',
            metavar='<region>',
            help='Only in this region; without it, in all where it is now',
        )
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        pauses.check(parsed_args)
        if not parsed_args.pause and not parsed_args.resume:
            raise exceptions.CommandError(
                'Nothing to set: give --pause or --resume.'
            )
        api = self.admin_api()
        jobs = self._jobs(parsed_args)
        changed = [
            api.pause_job(one['id'], parsed_args.reason)
            if parsed_args.pause
            else api.resume_job(one['id'])
            for one in jobs
        ]
        return (
            ('Region', 'Type', 'Job', 'Status', 'Paused'),
            [
                (
                    one['region_name'],
                    one['type'],
                    one['id'],
                    one['status'],
                    pauses.said(one),
                )
                for one in changed
            ],
        )

    def _jobs(self, parsed_args: argparse.Namespace) -> list[dict[str, Any]]:
        found, _states = central.find(
            self.app.client_manager.network,
            parsed_args.type,
            parsed_args.resource,
        )
        api = self.admin_api()
        # Of a router the pieces, each with an ID of its own.
        ids = (
            api.places(types.ROUTER, found.id)
            if parsed_args.type == types.ROUTER
            else [found.id]
        )
        jobs = [
            job
            for one in ids
            for job in api.jobs(
                False, resource_id=one, region_name=parsed_args.region
            )
            if job['type'] in _IN_REGIONS
        ]
        if not jobs:
            where = parsed_args.region or 'any region'
            raise exceptions.CommandError(
                f'{parsed_args.type} {found.id} is not in {where}.'
            )
        return sorted(jobs, key=lambda one: (one['region_name'], one['id']))
