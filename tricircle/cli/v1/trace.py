# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking trace``."""

import argparse

from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import commands
from tricircle.cli import findings
from tricircle.cli.tracing import collecting
from tricircle.cli.tracing import facts
from tricircle.cli.tracing import steps


class Trace(commands.OfAdminApi, findings.Findings):
    """Show what a packet from one port to another would meet.

    By what central and the regions say; no packet is sent. Both are ports of
    central, by name or ID. The command ends with 1 when a step is broken, and
    the first of them is where to begin. Of what the APIs do not tell the
    verdict is unknown.
    """

    columns = ('Region', 'Step', 'Verdict', 'Detail')
    example = (
        'openstack multiregion networking trace --protocol tcp --port 22 '
        'web1 db1'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'first', metavar='<from-port>', help='Port that sends'
        )
        parser.add_argument(
            'second', metavar='<to-port>', help='Port that is to get it'
        )
        parser.add_argument(
            '--protocol',
            metavar='<protocol>',
            type=str.lower,
            default='icmp',
            help='As in security group rules, default icmp',
        )
        parser.add_argument(
            '--port',
            metavar='<port>',
            type=int,
            help='Port number to which it goes, for tcp and udp',
        )
        return parser

    def is_failure(
        self, parsed_args: argparse.Namespace, rows: list[tuple[str, ...]]
    ) -> bool:
        """Tell whether a step is broken."""
        return any(row[2] == steps.Verdict.BROKEN for row in rows)

    def find(self, parsed_args: argparse.Namespace) -> list[tuple[str, ...]]:
        central = client.central_of(self.admin_api().pods())
        if not central:
            raise exceptions.CommandError(
                'There is no pod of central, by which to find its Neutron.'
            )
        known = collecting.Collector(self.app.client_manager, central).collect(
            parsed_args.first, parsed_args.second
        )
        packet = facts.Packet(parsed_args.protocol, parsed_args.port)
        return [
            (one.region, one.what, one.verdict.value, one.detail)
            for one in steps.way(known, packet, central)
        ]
