# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Trying scripts until one fails, and finding the shortest that does.

Hypothesis draws the scripts, the same ones for the same seed. It does not
run them: what real processes do is not the same each time, and that it
would call flaky. See :mod:`tests.functional.stateful.scripts.shrinking`.
"""

import collections
import dataclasses
import os
import pathlib
import time

import hypothesis
from hypothesis import strategies
import pytest

from tests.functional import cloud as clouds
from tests.functional.stateful.checks import looking
from tests.functional.stateful.checks import own
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing
from tests.functional.stateful.scripts import draw
from tests.functional.stateful.scripts import script as scripts
from tests.functional.stateful.scripts.running import Result
from tests.functional.stateful.scripts.running import Run
from tests.functional.stateful.scripts.script import Script
from tests.functional.stateful.scripts.shrinking import shrunk

#: Lines of a script.
LENGTH = 15
#: How often a shorter script is tried that does not fail at once.
TRIES = 2
#: Seconds for a test, its failure made shorter; none for those by hand.
TIMEOUT = 0 if 'STATEFUL_STEPS' in os.environ else 1500
#: Seconds until a region gives back what a dead worker had got from central;
#: things are not quiet before.
ALLOCATION_GRACE = 8
#: What must have been done of what was asked for, or nothing is proven.
DONE = 0.6
_SHOWN = 10
_DNS = {
    'DEFAULT': {'dns_domain': 'example.org.'},
    'ml2': {'extension_drivers': ['port_security', 'qos', 'dns_domain_ports']},
}
_MANY, _LOGGED = 2000, 30


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


@dataclasses.dataclass
class Bed:
    """A cloud for scripts, made anew after one that failed.

    :ivar graves: what scripts have deleted in this cloud
    :ivar logs: what its processes complained of when a script failed
    """

    regions: tuple[str, ...]
    cloud: clouds.Cloud | None = None
    graves: list[Thing] = dataclasses.field(default_factory=list)
    logs: str = ''

    def run(self, script: Script) -> Result:
        """Run a script in a cloud that is as it was made."""
        if self.cloud is None:
            self.cloud = clouds.Cloud.start(
                regions=self.regions,
                # Few: what was freed is soon used again.
                central={
                    **_DNS,
                    'tricircle': {
                        'vni_ranges': '1001:1016',
                        'tenant_network_types': ['vxlan'],
                    },
                },
                region={
                    **_DNS,
                    'tricircle': {'allocation_grace': ALLOCATION_GRACE},
                },
            )
            for region in self.cloud.regions.values():
                own.make(region)
        result = Run(self.cloud, self.graves).of(script)
        if result.findings:
            self.logs = '\n\n'.join(map(_complaints, self.cloud.processes))
            self.close()
        return result

    def close(self) -> None:
        """End the cloud."""
        if self.cloud is not None:
            self.cloud.close()
        self.cloud = None
        self.graves.clear()


def _complaints(process: clouds.Process) -> str:
    """Return what a process logged that may say why something failed."""
    lines = process.log_worth_showing(_MANY).splitlines()
    shown = [one for one in lines if '] GET /' not in one][-_LOGGED:]
    return '\n'.join([f'{process.name}:', *shown])


def drawn(count: int, seed: int) -> list[Script]:
    """Draw scripts; the same ones for the same seed."""
    found: list[Script] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        # The first is the simplest there is, and proves nothing.
        max_examples=count + 1,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategies.data())
    def draws(data: strategies.DataObject) -> None:
        number = seed + len(found) - 1
        found.append(data.draw(draw.scripts(LENGTH, number)))

    draws()
    return found[1:]


def nothing_is_found(regions: tuple[str, ...], steps: int, seed: int) -> None:
    """Run scripts of some steps in all; fail with the shortest that fails.

    :param steps: unless ``STATEFUL_STEPS`` says how many
    :param seed: which ones, unless ``STATEFUL_SEED`` says it.
        ``STATEFUL_SCRIPT`` names a file with the only one, and
        ``STATEFUL_SHRINK`` says for how many seconds shorter ones are tried
    """
    given = os.environ.get('STATEFUL_SCRIPT')
    if given:
        text = pathlib.Path(given).read_text()
        wanted = [scripts.read(text)] * _number('STATEFUL_TIMES', 1)
    else:
        steps = _number('STATEFUL_STEPS', steps)
        wanted = drawn(-(-steps // LENGTH), _number('STATEFUL_SEED', seed))
    bed = Bed(regions)
    outcomes: collections.Counter[Outcome] = collections.Counter()
    taken = 0
    try:
        for number, script in enumerate(wanted, 1):
            if not given and taken >= steps:
                break
            result = bed.run(script)
            taken += scripts.size(script)
            outcomes.update(result.outcomes)
            print(_summary(number, script, result), flush=True)
            if result.findings:
                pytest.fail(_report(bed, script, result), pytrace=False)
    finally:
        bed.close()
    if not given:
        assert outcomes[Outcome.DONE] >= DONE * outcomes.total(), outcomes


def _summary(number: int, script: Script, result: Result) -> str:
    seconds = ', '.join(
        f'{what} {value:.1f} s' for what, value in result.seconds.items()
    )
    calls = ', '.join(
        f'{count} {outcome.value}'
        for outcome, count in result.outcomes.items()
    )
    return '\n'.join(
        [
            f'script {number}: {scripts.size(script)} steps, {calls};'
            f' {seconds}',
            *(line for line in result.lines if looking.NOT_DONE in line),
            *map(str, result.findings[:_SHOWN]),
        ]
    )


def _report(bed: Bed, script: Script, result: Result) -> str:
    """Find a shorter script; return all that helps to see the reason."""
    kinds = {one.kind for one in result.findings}
    best, logs, failed, tried = result, bed.logs, 1, 1
    deadline = time.monotonic() + _number('STATEFUL_SHRINK', 120)

    def fails(shorter: Script) -> bool:
        nonlocal best, logs, failed, tried
        for _try in range(TRIES):
            if time.monotonic() > deadline:
                break
            tried += 1
            try:
                found = bed.run(shorter)
            except Exception:
                # What was found first is what is to be told.
                bed.close()
                break
            if kinds & {one.kind for one in found.findings}:
                failed += 1
                best, logs = found, bed.logs
                return True
        return False

    shortest = shrunk(script[: result.reached], fails)
    found = '\n'.join(map(str, best.findings[:_SHOWN]))
    return '\n'.join(
        [
            f'{len(best.findings)} findings:',
            found,
            '',
            f'The script, {scripts.size(shortest)} of'
            f' {scripts.size(script)} steps ({tried} runs of it and of parts,'
            f' {failed} failed); STATEFUL_SCRIPT=FILE runs it:',
            scripts.written(shortest),
            '',
            'What was called, and after how many seconds:',
            *best.lines,
            '',
            'What the processes logged:',
            logs,
        ]
    )
