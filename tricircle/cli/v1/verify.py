# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking verify``."""

import argparse
from collections.abc import Mapping, Sequence
import datetime
import logging
from pathlib import Path
import signal
import time
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.cli import client
from tricircle.cli import commands
from tricircle.cli.verifying import checks
from tricircle.cli.verifying import judge
from tricircle.cli.verifying import junit
from tricircle.cli.verifying import layout
from tricircle.cli.verifying import neutron
from tricircle.cli.verifying import scene

LOG = logging.getLogger(__name__)

#: Seconds until a path must be there.
_TIMEOUT: Final = 90.0
_LONGEST: Final = 800.0
_LOOK: Final = 1.0
#: Minutes after which what a run has made is nobody's any more.
_OLD: Final = 60.0
_COLUMNS: Final = (
    'Check',
    'From',
    'To',
    'Family',
    'Size',
    'Expected',
    'Result',
    'Round trip',
    'Detail',
)
_PASSED: Final = 0
_FAILED: Final = 1
_NOT_DONE: Final = 2
#: Which regions have a Neutron that answers.
_LOST: Final = 'lost'


class Verify(commands.OfAdminApi, command.Lister):
    """Send packets between regions, and see whether they arrive.

    Networks, routers, security groups and ports are made in central, in the
    project of this token, and probe ports are put onto one host of each
    region, whose agent sends: echoes between all regions, small ones and ones
    that fill the MTU, in IPv4 and IPv6, over one network (layer2), a router
    (routed) and a router and the bridge network (bridged); echoes that
    security groups allow and deny (groups); and requests for an address,
    which only the region's own server may answer (dhcp). All that was made
    is removed at the end, however that comes.

    The command ends with 0 when all is as expected, with 1 when something is
    not, with 2 when it could not be found out.
    """

    example = (
        'openstack multiregion networking verify\n'
        '         openstack multiregion networking verify --only layer2 '
        '--only dhcp --region RegionOne --region RegionTwo -f json\n'
        '         openstack multiregion networking verify --junit report.xml\n'
        '         openstack multiregion networking verify --clean-up'
    )
    _code = _PASSED

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument(
            '--only',
            metavar='<kind>',
            action='append',
            default=[],
            choices=[one.value for one in checks.Kind],
            help='Only checks of this kind: '
            f'{", ".join(one.value for one in checks.Kind)}; may be given '
            'several times',
        )
        parser.add_argument(
            '--region',
            metavar='<region>',
            action='append',
            default=[],
            help='Only this region; may be given several times. With one '
            'alone, what needs no second one is checked',
        )
        parser.add_argument(
            '--timeout',
            metavar='<seconds>',
            type=float,
            default=_TIMEOUT,
            help='Until when every path must be there, counted from when the '
            f'ports are on their hosts, default {_TIMEOUT:g}',
        )
        parser.add_argument(
            '--junit',
            metavar='<file>',
            type=Path,
            help='Write the results to this file too, as JUnit XML',
        )
        parser.add_argument(
            '--clean-up',
            action='store_true',
            help='Send nothing; remove what runs have left that were killed, '
            f'of more than {_OLD:g} minutes ago',
        )
        parser.add_argument(
            '--older-than',
            metavar='<minutes>',
            type=float,
            default=_OLD,
            help='With --clean-up, another age. With 0, runs that are under '
            'way lose what they need',
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        try:
            return int(super().run(parsed_args)) or self._code
        except exceptions.CommandError as exc:
            LOG.error('%s', exc)
            return _NOT_DONE

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Sequence[tuple[Any, ...]]]:
        if not 0 < parsed_args.timeout <= _LONGEST:
            raise exceptions.CommandError(
                f'--timeout is more than 0 and at most {_LONGEST:g}.'
            )
        pods = self.admin_api().pods()
        central = neutron.Neutron(
            self.app.client_manager,
            client.central_of(pods) or self.app.client_manager.region_name,
        )
        if parsed_args.clean_up:
            return self._clean_up(central, parsed_args.older_than)
        regions = self._regions(pods, parsed_args.region)
        kinds = [checks.Kind(one) for one in parsed_args.only]
        planned = checks.plan(regions, kinds or list(checks.Kind))
        if not planned:
            raise exceptions.CommandError(
                'What --only names needs two regions or more.'
            )
        if self._left(central, _OLD):
            self._progress(
                'There is something left of runs that were killed: --clean-up '
                'removes it'
            )
        began = time.monotonic()
        # A TERM ends this as an interrupt from the keyboard does: all that
        # was made is removed.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            found, hosts = self._verify(
                central, regions, planned, parsed_args.timeout
            )
        finally:
            signal.signal(signal.SIGTERM, before)
        if any(
            one.verdict is not judge.Verdict.PASSED for one in found.values()
        ):
            self._code = max(self._code, _FAILED)
        if parsed_args.junit is not None:
            self._write(parsed_args.junit, found, time.monotonic() - began)
        return _COLUMNS, [
            _row(check, outcome, hosts) for check, outcome in found.items()
        ]

    def _verify(
        self,
        central: neutron.Neutron,
        regions: Sequence[str],
        planned: Sequence[checks.Check],
        seconds: float,
    ) -> tuple[dict[checks.Check, judge.Outcome], Mapping[str, str]]:
        """Return what became of the checks, and the hosts of regions."""
        there = scene.Scene(
            central,
            {
                one: neutron.Neutron(self.app.client_manager, one)
                for one in regions
            },
            self._progress,
        )
        # Before anything is made.
        agents = {one: there.agent(one) for one in regions}
        hosts = {name: str(one['host']) for name, one in agents.items()}
        try:
            there.make(planned, checks.ends(planned))
            try:
                sent = layout.sent(planned, there.ports)
            except layout.TooMany as exc:
                raise exceptions.CommandError(str(exc)) from exc
            there.bind(
                hosts,
                {
                    end: [probe for _check, probe in mine]
                    for end, mine in sent.items()
                },
            )
            for name, host in hosts.items():
                self._progress(f'{name}: probe ports are on {host}')
            judged = judge.Judge(
                {
                    end: [check for check, _probe in mine]
                    for end, mine in sent.items()
                }
            )
            self._watch(
                there,
                {name: str(one['id']) for name, one in agents.items()},
                judged,
                seconds,
            )
        except BaseException:
            self._remove(there)
            raise
        self._remove(there)
        found = judged.outcomes()
        return {check: found[check] for check in planned}, hosts

    def _remove(self, there: scene.Scene) -> None:
        """Remove all; what was found is shown also when that fails."""
        try:
            there.remove()
        except exceptions.CommandError as exc:
            LOG.error('Something is left of %s: %s', there.run, exc)
            self._code = _NOT_DONE

    def _watch(
        self,
        there: scene.Scene,
        agents: Mapping[str, str],
        judged: judge.Judge,
        seconds: float,
    ) -> None:
        """Take reports until all is decided, or time is over."""
        deadline = time.monotonic() + seconds
        said = -1
        while not judged.is_over and time.monotonic() < deadline:
            judged.servers = there.servers()
            for end, result in there.results(agents):
                judged.hear(end, result)
            if judged.done != said:
                said = judged.done
                self._progress(f'{said} of {judged.count} checks are decided')
            if not judged.is_over:
                time.sleep(_LOOK)

    def _regions(
        self, pods: Sequence[Mapping[str, Any]], wanted: Sequence[str]
    ) -> list[str]:
        known = [
            str(one['region_name'])
            for one in pods
            if one['az_name'] and one.get('state') != _LOST
        ]
        unknown = sorted(set(wanted) - set(known))
        if unknown:
            raise client.not_served(unknown[0])
        return sorted(set(wanted) or known)

    def _left(self, central: neutron.Neutron, minutes: float) -> list[str]:
        return scene.left(
            central, 60 * minutes, datetime.datetime.now(datetime.UTC)
        )

    def _clean_up(
        self, central: neutron.Neutron, minutes: float
    ) -> tuple[tuple[str, ...], Sequence[tuple[Any, ...]]]:
        found = []
        for run in self._left(central, minutes):
            found.append((run, scene.remove(central, run)))
            self._progress(f'{run} is removed')
        return ('Run', 'Removed'), found

    def _write(
        self,
        path: Path,
        found: Mapping[checks.Check, judge.Outcome],
        seconds: float,
    ) -> None:
        try:
            path.write_text(junit.report(found, seconds), encoding='utf-8')
        except OSError as exc:
            raise exceptions.CommandError(f'{path}: {exc.strerror}') from exc

    def _progress(self, text: str) -> None:
        commands.tell(self.app.stderr, text)


def _row(
    check: checks.Check, outcome: judge.Outcome, hosts: Mapping[str, str]
) -> tuple[Any, ...]:
    def where(end: checks.End | None) -> str:
        if end is None:
            return ''
        return f'{end.region} {hosts[end.region]} {end.role}'

    trip = outcome.round_trip
    return (
        check.kind.value,
        where(check.sender),
        where(check.receiver),
        f'IPv{check.family}',
        check.size.value,
        check.expected,
        outcome.verdict.value,
        '' if trip is None else f'{trip:g} ms',
        outcome.detail,
    )
