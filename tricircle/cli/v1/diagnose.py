# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking diagnose``."""

import argparse

from osc_lib import exceptions

from tricircle.cli import commands
from tricircle.cli import findings
from tricircle.cli.diagnosis import checkers
from tricircle.cli.diagnosis import collecting
from tricircle.cli.diagnosis import finding


class Diagnose(commands.OfAdminApi, findings.Findings):
    """Look for what is wrong with central and the regions, and say what helps.

    Endpoints are called from here, step by step, and the Admin API is asked
    for what XJob found. Nothing is changed, and no packet of the data path
    is sent. Each finding has a number, explained in the administrator's
    guide. The command ends with 1 when there is an error among them, or with
    --strict a warning; never for what is only to be known (info).
    """

    columns = ('Number', 'Severity', 'Region', 'Finding', 'Remedy')
    example = 'openstack multiregion networking diagnose --region RegionTwo'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--region',
            metavar='<region>',
            action='append',
            default=[],
            help='Only this region, and central; may be given several times',
        )
        parser.add_argument(
            '--only',
            metavar='<number>',
            action='append',
            default=[],
            help='Only findings of this number; may be given several times',
        )
        parser.add_argument(
            '--strict',
            action='store_true',
            help='End with 1 for warnings too',
        )
        return parser

    def is_failure(
        self, parsed_args: argparse.Namespace, rows: list[tuple[str, ...]]
    ) -> bool:
        """Tell whether what was found is an error."""
        return any(
            severity == finding.Severity.ERROR
            or (parsed_args.strict and severity == finding.Severity.WARNING)
            for _number, severity, *_rest in rows
        )

    def find(self, parsed_args: argparse.Namespace) -> list[tuple[str, ...]]:
        numbers = {one.upper() for one in parsed_args.only}
        unknown = numbers - {one.number for one in checkers.CHECKERS}
        if unknown:
            raise exceptions.CommandError(
                f'There is no finding {min(unknown)}.'
            )
        known = collecting.Collector(
            self.app.client_manager, self._progress
        ).collect(parsed_args.region)
        return [
            (one.number, one.severity.value, one.region, one.what, one.remedy)
            for one in checkers.findings(known, numbers)
        ]

    def _progress(self, text: str) -> None:
        commands.tell(self.app.stderr, text)
