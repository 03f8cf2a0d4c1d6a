# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tracebacks and errors in the logs of services, by what caused them.

Nothing is read here but text that is given: files are those of
:mod:`lab.cloud`, what is expected stands in :mod:`lab.log_allowances`.
"""

from collections.abc import Iterable, Iterator, Sequence
import dataclasses
import datetime
import re

#: A line of oslo.log. It repeats what is before the context on each line of
#: a traceback, always as ERROR.
_OSLO = re.compile(
    r'(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}) \d+ '
    r'(?P<level>[A-Z]+) (?P<logger>\S+) ?(?P<text>.*)'
)
_CONTEXT = re.compile(r'\[(?:None )?(?:req-[^]]*|-|None[^]]*)\] ?(.*)')
_TRACEBACK = 'Traceback (most recent call last):'
#: Other programs' lines of errors; the first group is the logger, if any.
_OTHERS = (
    # ovs-vswitchd, ovsdb-server
    re.compile(r'\S+Z\|\d+\|(?P<logger>[^|]+)\|(?:ERR|EMER)\|(?P<text>.*)'),
    # MariaDB
    re.compile(r'[-\d]+ +[\d:]+ \d+ \[ERROR\] (?P<text>.*)'),
    # RabbitMQ
    re.compile(r'[-\d]+ [\d:.+]+ \[error\] (?P<text>.*)'),
    # uWSGI
    re.compile(r'(?P<text>DAMN ! .*|!!! uWSGI process .* !!!)'),
)
#: Any time at the beginning of a line: those of other programs.
_TIME = re.compile(r'(\d{4}-\d\d-\d\d)[T ]+(\d?\d:\d\d:\d\d)(?:[.,](\d{3}))?')
#: A class that is capitalised, or has a module, and what it says.
_EXCEPTION = re.compile(
    r'(?:(?:[A-Za-z_]\w*\.)*[A-Z]\w*|(?:[a-z_]\w*\.)+\w+)(?:: .*|:)?$'
)
#: What is between the traceback of an exception and that of its cause.
_CHAINED = re.compile(
    r'$|During handling of the above exception|'
    r'The above exception was the direct cause'
)
#: What Nova adds to the lines of a record about an instance.
_INSTANCE = re.compile(r'\[instance: [^]]*\] ?')

#: What differs from one time to the next, and what stands for it.
_VARIABLE = (
    (re.compile(r'req-[0-9a-f-]{36}'), '<request>'),
    (
        re.compile(r'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}', re.I),
        '<id>',
    ),
    (re.compile(r'\b[0-9a-f]{32}\b'), '<id>'),
    (re.compile(r'\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b', re.I), '<mac>'),
    (re.compile(r'\b\d+\.\d+\.\d+\.\d+(?:/\d+)?\b'), '<ip>'),
    (re.compile(r'\b0x[0-9a-f]+\b'), '<n>'),
    (re.compile(r'\b\d+(?:\.\d+)?\b'), '<n>'),
)


@dataclasses.dataclass(frozen=True)
class Failure:
    """One traceback, or one line of an error.

    :ivar service: whose log it is in
    :ivar level: ERROR, CRITICAL, or that of the line with the traceback
    :ivar logger: '' where the program names none
    :ivar text: what was logged, one line
    :ivar cause: the last line of the traceback; the text when there is none
    :ivar time: None when nothing before it in the log says any
    """

    service: str
    level: str
    logger: str
    text: str
    cause: str
    time: datetime.datetime | None
    traceback: bool


@dataclasses.dataclass(frozen=True)
class Surprise:
    """Failures of the same cause.

    :ivar cause: without what differs from one to the next
    :ivar services: how many there are in each log
    :ivar first: the first of them, as it was
    :ivar last: time of the last one
    """

    logger: str
    cause: str
    services: dict[str, int]
    first: Failure
    last: datetime.datetime | None

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.services.values())


def general(text: str) -> str:
    """Return a text without IDs, addresses and numbers."""
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return text


def failures(service: str, lines: Iterable[str]) -> Iterator[Failure]:
    """Find the tracebacks and errors in a log.

    :param service: whose log it is
    """
    when: datetime.datetime | None = None
    for head, more in _blocks(lines):
        when = _time(head) or when
        if head.endswith(_TRACEBACK):
            cause = _cause(more)
            yield Failure(service, 'ERROR', '', cause, cause, when, True)
        elif found := _OSLO.match(head):
            yield from _of_record(service, found, more)
        else:
            yield from _of_other(service, head, when)


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Return each line with those that belong to it."""
    head: str | None = None
    more: list[str] = []
    for raw in lines:
        line = raw.rstrip()
        if head is not None and head.lstrip() == _TRACEBACK:
            # What Python itself reports may be indented as a whole.
            line = line.removeprefix(head[: -len(_TRACEBACK)])
        if head is not None and _belongs(head, more, line):
            found = _OSLO.match(line)
            more.append(_INSTANCE.sub('', found['text']) if found else line)
            continue
        if head is not None:
            yield head, more
        head, more = line, []
    if head is not None:
        yield head, more


def _belongs(head: str, more: Sequence[str], line: str) -> bool:
    """Whether a line is one more of what a line began."""
    found = _OSLO.match(line)
    if head.endswith(_TRACEBACK) and not _OSLO.match(head):
        if found:
            return False
        over = more and _EXCEPTION.match(more[-1])
        chained = more and _CHAINED.match(more[-1])
        return bool(
            (
                not over
                and (not chained or line.endswith(_TRACEBACK) or not line)
            )
            or _CHAINED.match(line)
        )
    begun = _OSLO.match(head)
    return bool(
        begun
        and found
        and found['level'] == 'ERROR'
        and found['logger'] == begun['logger']
        and not _CONTEXT.match(found['text'])
    )


def _time(line: str) -> datetime.datetime | None:
    found = _TIME.match(line)
    if not found:
        return None
    day, moment, fraction = found.groups()
    hour = moment.rjust(8, '0')
    return datetime.datetime.fromisoformat(f'{day}T{hour}.{fraction or "000"}')


def _of_record(
    service: str, head: re.Match[str], more: Sequence[str]
) -> Iterator[Failure]:
    traceback = any(_TRACEBACK in line for line in more)
    if head['level'] not in ('ERROR', 'CRITICAL') and not traceback:
        return
    context = _CONTEXT.match(head['text'])
    text = context[1] if context else head['text']
    yield Failure(
        service,
        head['level'],
        head['logger'],
        text,
        _cause(more) if traceback else text,
        _time(head['time']),
        traceback,
    )


def _of_other(
    service: str, line: str, when: datetime.datetime | None
) -> Iterator[Failure]:
    for pattern in _OTHERS:
        if told := pattern.match(line):
            parts = told.groupdict()
            logger, text = parts.get('logger', ''), told['text']
            yield Failure(service, 'ERROR', logger, text, text, when, False)


def _cause(lines: Sequence[str]) -> str:
    """Return the line of the last exception."""
    for line in reversed(lines):
        # What an exception says may go on for several lines.
        if _EXCEPTION.match(line):
            return line
    return lines[-1].strip() if lines else _TRACEBACK


def grouped(found: Iterable[Failure]) -> list[Surprise]:
    """Group failures by their logger and cause, most frequent first."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for one in found:
        key = (one.logger, general(one.cause))
        groups.setdefault(key, []).append(one)
    result = []
    for (logger, cause), some in groups.items():
        services: dict[str, int] = {}
        for one in some:
            services[one.service] = services.get(one.service, 0) + 1
        times = [one.time for one in some if one.time is not None]
        first = min(some, key=lambda one: one.time or datetime.datetime.max)
        last = max(times) if times else None
        result.append(Surprise(logger, cause, services, first, last))
    return sorted(result, key=lambda one: -one.count)


def described(one: Surprise) -> str:
    """Return what people read of a group: cause, where, when, how often."""
    where = ', '.join(
        f'{service} ({count})' for service, count in one.services.items()
    )
    kind = 'traceback' if one.first.traceback else one.first.level
    first = one.first.time.isoformat(' ') if one.first.time else 'some time'
    last = one.last.isoformat(' ') if one.last else 'some time'
    lines = [
        f'{one.count} x {kind} of {one.logger or "no logger"}: {one.cause}',
        f'    in {where}, from {first} to {last}',
    ]
    if one.first.text != one.cause:
        lines.append(f'    {one.first.text[:300]}')
    return '\n'.join(lines)
