# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Time requests of two Neutrons in turns, and count what they cause."""

from collections.abc import Callable
import dataclasses
import re
import statistics
import time

from benchmarks import table
from tests.functional import cloud as clouds

_REPORT = re.compile(r'/ports/[^/]+/replicas/')


@dataclasses.dataclass
class Samples:
    """What one kind of request cost, round by round.

    :ivar seconds: time to answer
    :ivar statements: SQL statements of the Neutron that was asked
    :ivar rows: rows that these read
    :ivar central_statements: SQL statements of central meanwhile
    :ivar central_rows: rows that these read
    :ivar calls: calls that it sent to central meanwhile
    """

    seconds: list[float] = dataclasses.field(default_factory=list)
    statements: list[int] = dataclasses.field(default_factory=list)
    rows: list[int] = dataclasses.field(default_factory=list)
    central_statements: list[int] = dataclasses.field(default_factory=list)
    central_rows: list[int] = dataclasses.field(default_factory=list)
    calls: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Result:
    """One row of the report.

    :ivar calls: the highest number of calls to central of any round
    """

    what: str
    ratio: float
    target: float | None
    statements: int
    plain_statements: int
    calls: int
    allowed_calls: int

    @property
    def met(self) -> bool:
        """True when the targets are met."""
        return self.calls <= self.allowed_calls and (
            self.target is None or self.ratio <= self.target
        )


def sample(
    samples: Samples,
    cloud: clouds.Cloud,
    neutron: clouds.NeutronProcess,
    request: Callable[[], object],
) -> None:
    """Run one request and note what it cost."""
    mark = cloud.central_calls.mark()
    before = neutron.sql_statements()
    central_before = cloud.central.sql_statements()
    started = time.perf_counter()
    request()
    samples.seconds.append(time.perf_counter() - started)
    # Reports leave through the outbox: nobody waits for them.
    calls = sum(
        not _REPORT.search(call.path)
        for call in cloud.central_calls.since(mark)
    )
    caused = neutron.sql_statements() - before
    samples.statements.append(caused.total)
    samples.rows.append(caused.rows_read)
    in_central = cloud.central.sql_statements() - central_before
    samples.central_statements.append(in_central.total)
    samples.central_rows.append(in_central.rows_read)
    samples.calls.append(calls)


def result(
    what: str,
    ours: Samples,
    plain: Samples,
    target: float | None,
    allowed_calls: int = 0,
) -> Result:
    """Compare the medians of both sides."""
    return Result(
        what=what,
        ratio=middle(ours.seconds) / middle(plain.seconds),
        target=target,
        statements=round(middle(ours.statements)),
        plain_statements=round(middle(plain.statements)),
        calls=max(ours.calls),
        allowed_calls=allowed_calls,
    )


def middle(values: list[float] | list[int]) -> float:
    """Return the median, without the first round, which warms up."""
    return float(statistics.median(values[1:] or values))


def calls(calls_made: int, allowed: int) -> str:
    """Return how calls to central are shown."""
    return f'{calls_made} (at most {allowed})'


def ratios(results: list[Result]) -> str:
    """Return results as a table."""
    heads = (
        'what',
        'ratio to plain',
        'target',
        'statements',
        'plain',
        'calls to central',
    )
    return table.text(
        heads,
        [
            (
                one.what,
                f'{one.ratio:.2f}',
                '-' if one.target is None else f'{one.target:.1f}',
                str(one.statements),
                str(one.plain_statements),
                calls(one.calls, one.allowed_calls),
            )
            for one in results
        ],
    )
