# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What plain Neutron answered once, so that it is not asked each time.

Its answers follow from its release and from what it is asked: the pinned
versions and this suite's sources. The recording carries the hash of both,
and stands for plain Neutron as long as that is right. ``make
record-plain-neutron`` makes it; with all functional tests plain Neutron runs
beside central, and the recording is checked too.
"""

import dataclasses
import enum
import json
import os
from pathlib import Path
from typing import Any, Self

from tests.functional import fingerprint as fingerprints
from tests.functional.cloud import workspace
from tests.functional.conformance import transcript

HERE = Path(__file__).parent
_FILE = HERE / 'plain-neutron.json'
#: How plain Neutron is configured, started and asked, beside the suite.
_BED = ('client.py', 'configuration.py', 'neutron.py', 'roles.py')


class How(enum.Enum):
    """Where plain Neutron's answers come from: ``PLAIN_NEUTRON``."""

    #: the file, when it fits; else a plain Neutron
    RECORDED = 'recorded'
    #: a plain Neutron; the file is checked when it fits
    LIVE = 'live'
    #: a plain Neutron; the file is made anew
    RECORD = 'record'


def fingerprint() -> str:
    """Return the hash of what decides plain Neutron's answers."""
    return fingerprints.of(
        [
            workspace.ROOT / 'constraints.txt',
            *sorted(HERE.glob('*.py')),
            *(HERE.parent / 'cloud' / name for name in _BED),
        ]
    )


@dataclasses.dataclass
class Recording:
    """Plain Neutron's half of the suite.

    :ivar steps: of each scenario, by the name of its test
    :ivar costs: statements of each request
    """

    steps: dict[str, list[transcript.Step]] = dataclasses.field(
        default_factory=dict
    )
    costs: dict[str, int] = dataclasses.field(default_factory=dict)
    made_of: str = ''
    python: str = ''

    @property
    def fits(self) -> bool:
        """Whether plain Neutron would answer the same now."""
        return (
            self.made_of == fingerprint()
            and self.python == fingerprints.python()
        )

    @classmethod
    def read(cls) -> Self:
        """Return what the file has; nothing when there is no file."""
        if not _FILE.exists():
            return cls()
        content: dict[str, Any] = json.loads(_FILE.read_text())
        return cls(
            {
                name: [transcript.Step(*step) for step in steps]
                for name, steps in content['steps'].items()
            },
            content['costs'],
            content['made_of'],
            content['python'],
        )

    def write(self) -> None:
        """Write the file: a line a step, so that changes can be read."""
        steps = ',\n'.join(
            f'{json.dumps(name)}: [\n{_lines(self.steps[name])}\n]'
            for name in sorted(self.steps)
        )
        _FILE.write_text(
            f'{{"made_of": {json.dumps(fingerprint())},\n'
            f'"python": {json.dumps(fingerprints.python())},\n'
            f'"costs": {json.dumps(self.costs, indent=1)},\n'
            f'"steps": {{\n{steps}\n}}}}\n'
        )


def _lines(steps: list[transcript.Step]) -> str:
    return ',\n'.join(
        json.dumps(dataclasses.astuple(step), sort_keys=True) for step in steps
    )


def wanted(recording: Recording) -> How:
    """Return where answers come from in this run."""
    how = How(os.environ.get('PLAIN_NEUTRON', How.RECORDED.value))
    if how is How.RECORDED and not recording.fits:
        return How.LIVE
    return how
