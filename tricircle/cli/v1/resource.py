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
from typing import Any

from osc_lib.cli import format_columns
from osc_lib.command import command

from tricircle.cli import central
from tricircle.cli import commands


def _pending(state: dict[str, Any]) -> str:
    text = f'{state["counter"] - state["applied"]} changes'
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
        jobs = api.jobs(False, resource_id=found.id)
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
            'jobs': format_columns.ListColumn(
                [
                    one['id']
                    for one in jobs
                    if one['status'].lower() != 'success'
                ]
            ),
        }
        return tuple(shown), tuple(shown.values())
