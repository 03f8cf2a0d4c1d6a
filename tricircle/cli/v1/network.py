# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking network adopt ...``."""

import argparse
import sys
from typing import Any, Final, TextIO

from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import findings
from tricircle.cli import region
from tricircle.cli import waiting
from tricircle.plan import clashes
from tricircle.plan.adoption import networks as adoption
from tricircle.replica import types

#: What an adoption is at, by the state that the Admin API shows.
_AT: Final = {
    'looking': 'the region is asked what it has',
    'checking': 'central looks whether it can have it',
    'taking-over': "the region makes it central's",
    'making': 'central makes it',
    'reporting': 'the region tells where the ports are',
    'giving-back': 'the region makes it its own again',
    'done': "it is central's",
    'refused': 'it was refused',
}


def _told(found: dict[str, Any]) -> str:
    """Return how far an adoption is."""
    text = f'{found["network_id"]}: {_AT.get(found["state"], found["state"])}'
    return f'{text} ({found["reason"]})' if found['reason'] else text


class AdoptNetwork(findings.Findings):
    """Have a network of a region's own become central's, all or nothing.

    With all that is on it, under the same IDs, and without a change to what
    runs. What is in the way is listed first, and then nothing is changed: the
    command ends with 1.
    """

    progress: TextIO = sys.stderr

    columns = ('Type', 'ID', 'Reason', 'Remedy')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            '--dry-run',
            action='store_true',
            help='Only look what is in the way',
        )
        how.add_argument(
            '--cancel',
            action='store_true',
            help='Leave a network to the region whose adoption is under way, '
            'also while the region does not answer. The network is given by '
            'its ID',
        )
        parser.add_argument(
            '--region',
            metavar='<region>',
            required=True,
            help='ID or region name of the pod that has the network',
        )
        parser.add_argument(
            'network',
            metavar='<network>',
            help='Name or ID of the network in the region',
        )
        return parser

    def find(self, parsed_args: argparse.Namespace) -> list[tuple[str, ...]]:
        manager = self.app.client_manager
        name = self._pod(parsed_args.region)
        if parsed_args.cancel:
            self._cancel(parsed_args.network)
            return []
        neutron = region.RegionNeutron(manager, name)
        named = self._named(neutron, parsed_args.network)
        if not parsed_args.dry_run:
            # Begun before: one side or the other has it already.
            begun = [one['id'] for one in named if self._is_begun(one['id'])]
            if begun:
                return self._adopt(name, begun[0])
        network = self._network(neutron, parsed_args.network, named)
        found = neutron.with_all_on_it(network)
        central = region.RegionNeutron(
            manager,
            manager.region_name
            or client.central_of(manager.multiregion_networking.pods()),
        )
        rows: list[tuple[str, ...]] = [
            (types.NETWORK, one['network_id'], one['reason'], one['remedy'])
            for one in manager.multiregion_networking.clashes(
                name,
                [{'id': network['id'], 'segments': region.segments(network)}],
            )
            # The ID is looked for with the others; a segment that central
            # has left would be this network's.
            if one['kind'] == clashes.Kind.SEGMENT_USED
        ]
        rows += [
            (one.type, one.id, one.reason, one.remedy)
            for one in adoption.conflicts(found, _seen(central, found))
        ]
        if rows or parsed_args.dry_run:
            return rows
        return self._adopt(name, network['id'])

    def _adopt(self, region_name: str, network_id: str) -> list[Any]:
        """Have it done, and wait; return why not, if it was refused."""
        api = self.app.client_manager.multiregion_networking
        begun = api.adopt(region_name, network_id)
        for found in waiting.looks(
            lambda: api.adoption(network_id) or begun, _told, self.progress
        ):
            if found['state'] == 'done':
                break
            if found['state'] == 'refused':
                return [
                    (
                        types.NETWORK,
                        network_id,
                        found['reason'],
                        'nothing was changed: mend that, and try again',
                    )
                ]
        return []

    def _cancel(self, network_id: str) -> None:
        """Have it stay the region's; say how far that is."""
        api = self.app.client_manager.multiregion_networking
        print(_told(api.cancel_adoption(network_id)), file=self.progress)

    def _is_begun(self, network_id: str) -> bool:
        """Tell whether the adoption of a network is under way."""
        found = self.app.client_manager.multiregion_networking.adoption(
            network_id
        )
        return bool(found) and found['state'] not in ('done', 'refused')

    def _pod(self, name_or_id: str) -> str:
        """Return the name of a region that may have networks."""
        pod = self.app.client_manager.multiregion_networking.find_pod(
            name_or_id
        )
        if not pod['az_name'] or pod['state'] != 'active':
            raise exceptions.CommandError(
                f'{pod["region_name"]} gets no networks: '
                + (
                    f'it is {pod["state"]}.'
                    if pod['az_name']
                    else 'it is the region of central Neutron.'
                )
            )
        return str(pod['region_name'])

    @staticmethod
    def _named(
        neutron: region.RegionNeutron, name_or_id: str
    ) -> list[dict[str, Any]]:
        named = neutron.all_of('networks', id=name_or_id) or neutron.all_of(
            'networks', name=name_or_id
        )
        if not named:
            raise exceptions.CommandError(
                f'{neutron.name} has no network {name_or_id}.'
            )
        return named

    @staticmethod
    def _network(
        neutron: region.RegionNeutron,
        name_or_id: str,
        named: list[dict[str, Any]],
    ) -> dict[str, Any]:
        found = [
            one for one in named if neutron.is_own(types.NETWORK, one['id'])
        ]
        if not found:
            raise exceptions.CommandError(
                f"Network {name_or_id} is central's already."
            )
        if len(found) > 1:
            raise exceptions.CommandError(
                f'{neutron.name} has {len(found)} networks {name_or_id} of '
                'its own: give the ID.'
            )
        return found[0]


def _seen(
    central: region.RegionNeutron, found: adoption.Network
) -> adoption.Central:
    projects = adoption.projects(found)
    return adoption.Central(
        known={
            resource_type: {
                one['id']
                for one in central.by_id(f'{resource_type}s', 'id', ids)
            }
            for resource_type, ids in adoption.ids(found).items()
        },
        defaults={
            one['project_id']: one
            for one in central.by_id(
                'security-groups', 'project_id', projects, name='default'
            )
        },
        quotas={one: central.quotas(one) for one in projects},
    )
