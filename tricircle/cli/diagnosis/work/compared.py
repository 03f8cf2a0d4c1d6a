# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0307: a region that may differ without anybody knowing."""

from collections.abc import Iterator
import datetime
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.work import paused

_LONG: Final = datetime.timedelta(days=1)


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        if one['state'] == 'lost' or paused.is_paused(one):
            continue
        last = one['swept_at']
        if last is not None and found.at - _moment(last) < _LONG:
            continue
        yield finding.Found(
            one['region_name'],
            f'it was compared with central {f"on {last}" if last else "never"}'
            + (f': {one["sweep_failure"]}' if one['sweep_failure'] else ''),
            'tricircle-xjob --sweep --region '
            f'{one["region_name"]}; sweep_interval of XJob may be 0',
        )


def _moment(text: str) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


CHECKER = finding.Checker(
    'TRI0307',
    finding.Severity.WARNING,
    'A region was not compared for long',
    _check,
)
