# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""TRI0404: tables that are ahead of programs.

That is the way of an upgrade: tables first, and older services do not mind
(Neutron, "Rolling upgrade": older services should not require the database
to have an older schema). A program that is started again then refuses to
work, so it had better be upgraded.
"""

from collections.abc import Iterator
import operator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.releases import tables


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    ahead = list(tables.programs(found, operator.gt))
    if ahead:
        yield finding.Found(
            found.central.region,
            f'the tables are at version {found.tables}, ahead of '
            + ', '.join(ahead),
            'upgrade these programs: as they are they would not start again',
        )


CHECKER = finding.Checker(
    'TRI0404',
    finding.Severity.WARNING,
    'The tables are ahead of programs',
    _check,
)
