# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options that have something wait, and how that is shown."""

import argparse
from collections.abc import Mapping
from typing import Any

from osc_lib import exceptions


def add_options(
    parser: argparse.ArgumentParser, pause: str, resume: str
) -> None:
    """Add ``--pause``, ``--resume`` and ``--reason``.

    :param pause: help of the first
    :param resume: help of the second
    """
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--pause', action='store_true', help=pause)
    which.add_argument('--resume', action='store_true', help=resume)
    parser.add_argument(
        '--reason',
        metavar='<reason>',
        help='With --pause: what for, to be shown to operators',
    )


def check(parsed_args: argparse.Namespace) -> None:
    """Check that there is no reason for nothing.

    :raises CommandError: when there is
    """
    if parsed_args.reason is not None and not parsed_args.pause:
        raise exceptions.CommandError('--reason goes with --pause.')


def said(one: Mapping[str, Any]) -> str:
    """Return since when something waits and what for, '' if it does not.

    An administrator API of a release before has no word of it.
    """
    since = one.get('paused_at')
    if not since:
        return ''
    reason = one.get('pause_reason')
    return f'paused since {since}' + (f': {reason}' if reason else '')


def state(one: Mapping[str, Any]) -> str:
    """Return the state of a pod, or that it is paused."""
    return 'paused' if one.get('paused_at') else str(one['state'])
