# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""When services of the lab were killed or stopped on purpose."""

from collections.abc import Sequence
import dataclasses
import datetime
import json
from pathlib import Path

AWAY = 'away'
BACK = 'back'


@dataclasses.dataclass(frozen=True)
class Outage:
    """A service was away.

    :ivar start: local time, as in the logs
    :ivar end: when it was ready again; None while it is away
    """

    service: str
    start: datetime.datetime
    end: datetime.datetime | None = None

    def covers(self, when: datetime.datetime, seconds: float) -> bool:
        """Whether it explains what was logged at a time.

        :param seconds: how long after its end others may still notice
        """
        if when < self.start:
            return False
        grace = datetime.timedelta(seconds=seconds)
        return self.end is None or when <= self.end + grace


def note(path: Path, service: str, what: str) -> None:
    """Add that a service is going away, or is back, to a file.

    :param what: AWAY or BACK
    """
    line = json.dumps(
        {
            'service': service,
            'what': what,
            'at': datetime.datetime.now().isoformat(),
        }
    )
    with path.open('a') as file:
        file.write(line + '\n')


def read(path: Path) -> list[Outage]:
    """Return all that a file says; none when there is no file."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    return parse(lines)


def parse(lines: Sequence[str]) -> list[Outage]:
    """Return the outages that lines of the file tell of, as they began."""
    found: list[Outage] = []
    for line in lines:
        said = json.loads(line)
        service, at = said['service'], said['at']
        when = datetime.datetime.fromisoformat(at)
        if said['what'] == AWAY:
            # Killed, and then restarted: it is away already.
            if any(one.service == service and not one.end for one in found):
                continue
            found.append(Outage(service, when))
            continue
        for number, one in enumerate(found):
            if one.service == service and one.end is None:
                found[number] = dataclasses.replace(one, end=when)
    return found
