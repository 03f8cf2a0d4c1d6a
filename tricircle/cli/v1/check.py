# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking pod check ...``."""

import argparse

from tricircle.cli import findings
from tricircle.cli import region
from tricircle.replica import types


class CheckPod(findings.Findings):
    """Show which networks of a region's own clash with central's.

    Nothing is changed, and the region need not have joined yet. The command
    ends with 1 when there are any.
    """

    columns = ('Network', 'Name', 'Clash', 'Reason', 'Remedy')

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'region',
            metavar='<region>',
            help='Name of the region, as registered in Keystone',
        )
        return parser

    def find(self, parsed_args: argparse.Namespace) -> list[tuple[str, ...]]:
        manager = self.app.client_manager
        neutron = region.RegionNeutron(manager, parsed_args.region)
        own = {one['id']: one for one in neutron.own_networks()}
        found = manager.multiregion_networking.clashes(
            parsed_args.region,
            [
                {'id': one['id'], 'segments': region.segments(one)}
                for one in own.values()
            ],
        )
        still_own = {
            one: neutron.is_own(types.NETWORK, one)
            for one in sorted({clash['network_id'] for clash in found})
        }
        return [
            (
                clash['network_id'],
                own[clash['network_id']]['name'],
                clash['kind'],
                clash['reason'],
                clash['remedy'],
            )
            for clash in found
            if still_own[clash['network_id']]
        ]
