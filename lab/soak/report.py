# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What came of a soak, for people and for programs."""

from collections.abc import Mapping, Sequence
import dataclasses
from typing import Any

from lab import log_surprises

#: Lines of what is left that are worth reading.
_SHOWN = 40


@dataclasses.dataclass(frozen=True)
class Failure:
    """A life that did not go as it should.

    :ivar step: the one that failed, and its number from 1
    :ivar what: what is wrong
    :ivar account: the steps up to it, each with the IDs of what it made
    """

    seed: str
    tenant: str
    time: str
    step: str
    what: tuple[str, ...]
    account: tuple[str, ...]

    def text(self) -> str:
        """Return an account by which it can be done again."""
        return '\n'.join(
            [
                f'{self.time} life {self.seed} of {self.tenant}: {self.step}',
                *(f'    {line}' for line in self.what),
                '  after these steps:',
                *(f'    {line}' for line in self.account),
            ]
        )


@dataclasses.dataclass
class Report:
    """Figures of a soak.

    :ivar repeated: requests that had to be made again, because what they
        need was killed, or because an answer asked for that (503)
    :ivar memory: resident MiB of each daemon at the start and at the end
    :ivar left: what is somewhere at the end and was not at the start
    :ivar kills: what was killed, and when
    """

    seed: str
    minutes: float
    tenants: int
    steps: int = 0
    lives: int = 0
    repeated: int = 0
    failures: list[Failure] = dataclasses.field(default_factory=list)
    kills: list[str] = dataclasses.field(default_factory=list)
    left: list[str] = dataclasses.field(default_factory=list)
    memory: dict[str, tuple[int, int]] = dataclasses.field(
        default_factory=dict
    )
    surprises: list[log_surprises.Surprise] = dataclasses.field(
        default_factory=list
    )

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong, and something was done."""
        return bool(
            self.steps
            and not self.failures
            and not self.left
            and not self.surprises
        )

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            'ok': self.ok,
            'seed': self.seed,
            'minutes': self.minutes,
            'tenants': self.tenants,
            'steps': self.steps,
            'lives': self.lives,
            'repeated': self.repeated,
            'failures': [dataclasses.asdict(one) for one in self.failures],
            'kills': self.kills,
            'left': self.left,
            'memory': {
                name: {'start': start, 'end': end}
                for name, (start, end) in self.memory.items()
            },
            'surprises': [
                {
                    'logger': one.logger,
                    'cause': one.cause,
                    'services': one.services,
                    'text': one.first.text,
                }
                for one in self.surprises
            ],
        }

    def text(self) -> str:
        """Return what people read."""
        lines = [
            f'{self.steps} steps in {self.lives} lives of {self.tenants} '
            f'tenants in {self.minutes:g} minutes, seed {self.seed}; '
            f'{len(self.kills)} services killed, {self.repeated} requests '
            'made again',
            'memory in MiB, resident, at the start and at the end:',
            *_grown(self.memory),
        ]
        lines += _listed('what failed', [one.text() for one in self.failures])
        lines += _listed('left behind', self.left)
        lines += _listed(
            'surprises in the logs',
            [log_surprises.described(one) for one in self.surprises],
        )
        return '\n'.join(lines)


def compared(
    before: Mapping[str, int], after: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """Return two figures of each daemon; 0 of one that was not there."""
    return {
        name: (before.get(name, 0), after.get(name, 0))
        for name in sorted({*before, *after})
    }


def _grown(memory: Mapping[str, tuple[int, int]]) -> list[str]:
    width = max((len(name) for name in memory), default=0)
    return [
        f'  {name:{width}} {start:5} {end:5}  {end - start:+}'
        for name, (start, end) in memory.items()
    ]


def _listed(title: str, found: Sequence[str]) -> list[str]:
    more = len(found) - _SHOWN
    return [
        f'{title}: {len(found) or "nothing"}',
        *(f'  {one}' for one in found[:_SHOWN]),
        *([f'  and {more} more'] if more > 0 else []),
    ]
