# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The commands of the runbooks are such as there are."""

from pathlib import Path
import re
import shlex
from typing import Any, Final

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import run
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import record
from tricircle.cli.v1 import job
from tricircle.cli.v1 import status

app = _app
PAGE: Final = (
    Path(__file__).parents[3] / 'doc' / 'source' / 'admin' / 'metrics.rst'
)
_BEGIN: Final = 'openstack multiregion networking '
_KNOWN: Final = {'status': status.ListStatuses, 'job list': job.ListJobs}
COMMANDS: Final = sorted(
    {
        ' '.join(one.replace('\\\n', ' ').split()).removeprefix(_BEGIN)
        for one in re.findall(
            r'^ +\$ (openstack (?:.*\\\n)*.*)$', PAGE.read_text(), re.M
        )
    }
)


def test_the_runbooks_show_states_and_jobs() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize('line', COMMANDS)
def test_a_command_of_a_runbook_works(api: Api, app: Any, line: str) -> None:
    record(region='RegionTwo')
    record()
    fail()
    (name,) = (one for one in _KNOWN if line.startswith(f'{one} '))

    _columns, rows = run(
        app, _KNOWN[name], *shlex.split(line.removeprefix(name))
    )

    assert rows
