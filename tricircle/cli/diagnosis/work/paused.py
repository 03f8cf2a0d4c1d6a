# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0308: what has waited for long because an operator said so."""

from collections.abc import Iterator, Mapping
import datetime
from typing import Any, Final

from tricircle.cli import pauses
from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

_LONG: Final = datetime.timedelta(days=1)
_AGAIN: Final = 'openstack multiregion networking'


def is_paused(status: Mapping[str, Any]) -> bool:
    """Tell whether nothing is pushed to a region because somebody said so."""
    return bool(status.get('paused_at'))


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        name = one['region_name']
        if _is_old(found, one.get('paused_at')):
            yield finding.Found(
                name,
                f'nothing is pushed to it, {pauses.said(one)}; '
                f'{one["pending"]} changes wait',
                f'{_AGAIN} pod set --resume {name}, if somebody forgot it',
            )
        since = one.get('paused_since')
        if _is_old(found, since):
            yield finding.Found(
                name,
                f'{one["paused"]} replicas are paused, the first since '
                f'{since}',
                f'{_AGAIN} job list --status paused --region-name {name}',
            )


def _is_old(found: facts.Facts, since: str | None) -> bool:
    if not since:
        return False
    moment = datetime.datetime.fromisoformat(since)
    return found.at - moment.replace(tzinfo=datetime.UTC) > _LONG


CHECKER = finding.Checker(
    'TRI0308',
    finding.Severity.INFO,
    'Something is paused for long',
    _check,
)
