# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``bin/lab``: a cloud of several regions on this machine."""

import argparse
from collections.abc import Sequence
import dataclasses
import json
import math
import os
from pathlib import Path
import shlex
import sys
import time
from typing import TextIO

from lab import bootstrap
from lab import checks
from lab import cloud
from lab import demo
from lab import layout as layouts
from lab import log_surprises
from lab import machines
from lab import supervision
from lab import topology as topologies

#: What is told in one line, without a traceback.
_EXPECTED = (
    checks.LabError,
    demo.DemoFailed,
    machines.MachineError,
    supervision.ServiceFailed,
    topologies.InvalidTopology,
    LookupError,
)


def _minutes(text: str) -> float:
    found = float(text)
    if not 0 < found < math.inf:
        raise ValueError(text)
    return found


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog='lab', description=__doc__)
    commands = top.add_subparsers(dest='command', required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    for name, text in (
        ('up', 'Bring the cloud up.'),
        (
            'demo',
            'Bring the cloud up, boot an instance in each region on '
            'one network, and have them ping each other.',
        ),
    ):
        add(name, text).add_argument(
            '--topology',
            type=Path,
            help='file that says what the cloud consists of; '
            'lab/topologies/default.yaml when absent',
        )
    add('down', 'End everything that was started.').add_argument(
        '--wipe',
        action='store_true',
        help='also forget all networks, servers and logs',
    )
    add('status', 'List the services, and the memory they take.').add_argument(
        '--json', action='store_true', help='for programs to read'
    )
    openrc = add('openrc', 'Print the environment of the openstack client.')
    openrc.add_argument('region', help='CentralRegion, RegionOne, ...')
    openrc.add_argument('--project', default=bootstrap.DEMO)
    openrc.add_argument('--user', default=None, help='demo or admin')
    inside = add('exec', 'Run a command inside a server, or a machine.')
    inside.add_argument('server', help='name or ID')
    inside.add_argument('argv', nargs='+', help='the command, after --')
    logs = add(
        'logs', 'Print the log of a service, or what went wrong in all.'
    )
    which = logs.add_mutually_exclusive_group(required=True)
    which.add_argument('service', nargs='?')
    which.add_argument(
        '--surprises',
        action='store_true',
        help='tracebacks and errors of all services that nothing explains, '
        'by their cause; exits with 1 when there are any',
    )
    soak = add(
        'soak',
        'Have tenants make and delete networks, routers and servers in all '
        'regions at once, and see that nothing is lost and nothing is left.',
    )
    soak.add_argument(
        '--minutes',
        type=_minutes,
        required=True,
        help='in which lives begin; they are led to their end',
    )
    soak.add_argument(
        '--tenants',
        type=int,
        choices=range(1, 101),
        metavar='N',
        default=3,
        help='who lead one life at a time, up to 100; 3 when absent',
    )
    soak.add_argument(
        '--kill',
        action='store_true',
        help='kill XJob, central and the APIs of regions now and then',
    )
    soak.add_argument(
        '--seed', default='', help='of an earlier one, to do the same again'
    )
    soak.add_argument(
        '--json',
        action='store_true',
        help='the report for programs; progress goes to standard error',
    )
    for name, text in (
        ('restart', 'Stop a service, if it runs, and start it.'),
        ('kill', 'Kill a service, as a power cut would.'),
    ):
        add(name, text).add_argument('service')
    return top


class Clock:
    """Prints what happens, and when."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._started = time.monotonic()
        self._out = out

    def __call__(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        print(f'{seconds:6.1f} s  {text}', file=self._out, flush=True)


def _status(lab: cloud.Lab, as_json: bool) -> int:
    found = sorted(lab.status(), key=lambda one: (one.machine, one.name))
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=1))
    else:
        width = max(len(one.name) for one in found)
        for one in found:
            print(
                f'{one.name:{width}}  {one.machine:6} {one.state:9}'
                f'{one.memory:6} MiB'
            )
        print(f'{sum(one.memory for one in found)} MiB in all')
    if not lab.is_up:
        print(
            'lab: the last bin/lab up has not ended yet, or did not come to '
            'its end; another one then begins anew',
            file=sys.stderr,
        )
        return 1
    return 0 if all(one.state == 'RUNNING' for one in found) else 1


def _openrc(
    lab: cloud.Lab, region: str, project: str, user: str | None
) -> int:
    name = user or (
        bootstrap.ADMIN if project == bootstrap.ADMIN else bootstrap.DEMO
    )
    for key, value in lab.openrc(region, project, name).items():
        print(f'export {key}={shlex.quote(value)}')
    return 0


def _surprises(lab: cloud.Lab) -> int:
    found = lab.surprises()
    for one in found:
        print(log_surprises.described(one))
    if found:
        print(
            'lab: causes of tracebacks or errors in the logs that nothing '
            f'explains: {len(found)}; lab/log_allowances.py lists those that '
            'something does',
            file=sys.stderr,
        )
    return 1 if found else 0


def _soak(lab: cloud.Lab, arguments: argparse.Namespace) -> int:
    if not lab.is_up:
        raise checks.LabError('the lab is down; bin/lab up brings it up')
    if lab.topology.cells:
        raise checks.LabError(
            'a soak boots in each region, and here CentralRegion alone has '
            'Nova; take a topology without cells'
        )
    # The SDK is slow to load.
    from lab.soak import run as soak

    report = soak.Soak(
        lab,
        soak.Options(
            arguments.minutes,
            arguments.tenants,
            arguments.kill,
            arguments.seed,
        ),
        Clock(sys.stderr if arguments.json else None),
    ).run()
    if arguments.json:
        print(json.dumps(report.data(), indent=1))
    else:
        print(report.text())
    return 0 if report.ok else 1


def run(arguments: argparse.Namespace) -> int:
    """Carry out a command; return its exit code."""
    checks.root()
    layout = layouts.Layout.usual()
    lab = cloud.load(layout, getattr(arguments, 'topology', None))
    clock = Clock()
    match arguments.command:
        case 'up':
            lab.up(clock)
            clock('the lab is up')
        case 'demo':
            if not lab.is_up:
                lab.up(clock)
            demo.run(lab, clock)
            return _surprises(lab)
        case 'down':
            lab.down(arguments.wipe)
            clock('the lab is down')
        case 'status':
            return _status(lab, arguments.json)
        case 'soak':
            return _soak(lab, arguments)
        case 'openrc':
            return _openrc(
                lab, arguments.region, arguments.project, arguments.user
            )
        case 'exec':
            argv = lab.command_in(arguments.server, arguments.argv)
            os.execvpe(  # noqa: S606 what is asked for is a command
                argv[0], argv, layouts.environment()
            )
        case 'logs' if arguments.surprises:
            return _surprises(lab)
        case 'logs':
            print(lab.log_of(arguments.service), end='')
        case 'restart':
            lab.restart(arguments.service, clock)
        case 'kill':
            lab.kill(arguments.service)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command: 0 when done, 1 when it failed, 2 when asked wrongly."""
    arguments = parser().parse_args(argv)
    try:
        return run(arguments)
    except _EXPECTED as exc:
        print(f'lab: {exc}', file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
