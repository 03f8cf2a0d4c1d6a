# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking gather``."""

import argparse
from collections.abc import Iterable
from pathlib import Path
import time
from typing import Any, Final

from osc_lib import exceptions
from osc_lib.command import command

from tricircle.cli import client
from tricircle.cli import commands
from tricircle.cli import deadlines
from tricircle.cli import services
from tricircle.cli.gathering import archive
from tricircle.cli.gathering import asking
from tricircle.cli.gathering import manifest
from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction
from tricircle.replica import kinds

#: Seconds that one question may take.
_TIMEOUT: Final = 20.0
_LONGEST: Final = 3600.0
_ACTIVE: Final = 'active'
_LOST: Final = 'lost'


class Gather(commands.OfAdminApi, command.Lister):
    """Gather what somebody needs who helps, in one archive without secrets.

    Nothing is changed. What fails is named, and the rest is gathered: the
    command ends with 1 then. Progress is shown on the standard error output,
    and at the end the name of the archive.
    """

    example = (
        'openstack multiregion networking gather --region RegionTwo '
        '--output tricircle.tar.gz'
    )
    _complete = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            '--output',
            metavar='<file>',
            type=Path,
            help='The archive, default tricircle-gather-<time>.tar.gz in the '
            'current folder',
        )
        parser.add_argument(
            '--force', action='store_true', help='Replace a file of that name'
        )
        parser.add_argument(
            '--region',
            metavar='<region>',
            action='append',
            default=[],
            help='Only this region, beside central (may be repeated)',
        )
        parser.add_argument(
            '--since',
            metavar='<time>',
            type=_seconds,
            help='Only jobs for what a region has lacked for no longer than '
            'this, such as 90 (seconds), 30m, 2h or 3d',
        )
        parser.add_argument(
            '--resource',
            metavar=('<type>', '<id>'),
            nargs=2,
            action='append',
            default=[],
            help='Also all of this resource of central, with its names and '
            'addresses: its replicas, its jobs and what each region has of '
            f'it (may be repeated). Types: {", ".join(sorted(_types()))}',
        )
        parser.add_argument(
            '--timeout',
            metavar='<seconds>',
            type=float,
            default=_TIMEOUT,
            help='Longest that one question may take, default '
            f'{_TIMEOUT:g}. A service that took longer is asked nothing more',
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        return int(super().run(parsed_args)) or int(not self._complete)

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], Iterable[tuple[Any, ...]]]:
        began = time.time()
        resources = _resources(parsed_args.resource)
        if not 0 < parsed_args.timeout <= _LONGEST:
            raise exceptions.CommandError(
                f'--timeout is more than 0 and at most {_LONGEST:g}.'
            )
        folder = manifest.folder(began)
        path: Path = parsed_args.output or Path(f'{folder}.tar.gz')
        archive.check(path, parsed_args.force)
        manager = self.app.client_manager
        secrets = redaction.known_secrets(manager)
        redactor = redaction.Redactor(secrets)
        outcomes = []
        for one in self._outcomes(parsed_args, resources):
            outcomes.append(one)
            self._write(one.without_secrets(redactor).said())
        # The token may be another one by now.
        redactor = redaction.Redactor(
            secrets | redaction.known_secrets(manager)
        )
        outcomes = [one.without_secrets(redactor) for one in outcomes]
        files: dict[str, Any] = {
            one.question.file: one.value for one in outcomes if not one.error
        }
        files[manifest.NAME] = manifest.manifest(
            outcomes, began, time.time(), _asked(parsed_args)
        )
        content = archive.packed(folder, files, began, redactor)
        archive.write(path, content, parsed_args.force)
        self._complete = not any(one.error for one in outcomes)
        self._write(f'{len(files)} files are in {path}')
        return manifest.HEADERS, [
            tuple(redactor.value(one.row()))
            for one in manifest.ordered(outcomes)
        ]

    def _outcomes(
        self,
        parsed_args: argparse.Namespace,
        resources: tuple[questions.Resource, ...],
    ) -> Iterable[manifest.Outcome]:
        """Ask first which regions there are, then all else."""
        manager = self.app.client_manager
        first, _ = asking.ask(
            manager,
            questions.pods(manager.region_name or ''),
            parsed_args.timeout,
        )
        yield first
        pods = [] if first.error else first.value
        wanted = _wanted(
            pods,
            manager.region_name,
            parsed_args.region,
            # Better those of the catalogue than none.
            _by_catalogue(manager, parsed_args.timeout) if first.error else [],
        )
        yield from asking.ask_all(
            manager,
            questions.others(
                questions.Wanted(
                    *wanted,
                    only=tuple(parsed_args.region),
                    gone=tuple(
                        (one['pod_id'], one['region_name'])
                        for one in pods
                        if one['az_name']
                        and one.get('state', _ACTIVE) != _ACTIVE
                        and one['region_name']
                        in (parsed_args.region or [one['region_name']])
                    ),
                    resources=resources,
                    since=parsed_args.since,
                )
            ),
            parsed_args.timeout,
        )

    def _write(self, text: str) -> None:
        commands.tell(self.app.stderr, text)


def _types() -> dict[str, str]:
    """Return the collections of what central shows the replicas of."""
    return dict(kinds.COLLECTIONS)


def _seconds(text: str) -> int:
    try:
        return questions.seconds(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _resources(named: list[list[str]]) -> tuple[questions.Resource, ...]:
    found = _types()
    for of, _resource in named:
        if of not in found:
            raise exceptions.CommandError(
                f'{of} is no type: {", ".join(sorted(found))} are.'
            )
    return tuple(
        questions.Resource(of, resource, found[of]) for of, resource in named
    )


def _by_catalogue(manager: Any, seconds: float) -> list[str]:
    try:
        return deadlines.Deadline(seconds).keep(
            lambda: services.regions(manager)
        )
    except Exception:
        # An identity without one; that Keystone fails is said elsewhere.
        return []


def _wanted(
    pods: list[dict[str, Any]],
    central: str | None,
    named: list[str],
    catalogue: list[str],
) -> tuple[str, tuple[str, ...]]:
    """Return the regions to ask: central's, and the others.

    :raises CommandError: for a region that central does not serve
    """
    top = questions.central_of(pods, central)
    known = [one['region_name'] for one in pods] or catalogue
    for name in named:
        if pods and name not in known:
            raise client.not_served(name)
    # Of one that is lost nothing is expected, unless it is named.
    lost = {one['region_name'] for one in pods if one.get('state') == _LOST}
    return top, tuple(
        one
        for one in dict.fromkeys(
            named or (one for one in known if one not in lost)
        )
        if one != top
    )


def _asked(parsed_args: argparse.Namespace) -> dict[str, Any]:
    """Return what the operator wanted, for the manifest."""
    return {
        'regions': parsed_args.region,
        'since_seconds': parsed_args.since,
        'resources': parsed_args.resource,
        'timeout_seconds': parsed_args.timeout,
    }
