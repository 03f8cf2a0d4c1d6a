# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""TRI0403: tables that are behind the programs.

A program does not start then; one that runs saw them replaced by a backup's.
"""

from collections.abc import Iterator
import operator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.releases import tables


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    behind = list(tables.programs(found, operator.lt))
    if behind:
        yield finding.Found(
            found.central.region,
            f'the tables are at version {found.tables or "none"}, behind '
            + ', '.join(behind),
            'run tricircle-db-manage db_sync',
        )


CHECKER = finding.Checker(
    'TRI0403',
    finding.Severity.ERROR,
    'The tables are behind the programs',
    _check,
)
