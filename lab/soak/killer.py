# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Kills services, one after the other, and starts them again."""

from collections.abc import Sequence
import datetime
import random
import threading

from lab import cloud
from lab import outages
from lab.services import neutron
from lab.services import tricircle
from lab.supervision import Progress

#: From one to the next, in seconds.
_BETWEEN = (25.0, 50.0)
#: How long one is dead, in seconds, before it is started again.
_DEAD = (0.5, 6.0)
#: How long after its return something may still fail because of it.
_LATE = 20.0


def victims(regions: Sequence[str]) -> list[str]:
    """Return the services whose death has to be survived."""
    return [
        tricircle.XJOB,
        neutron.CENTRAL,
        *(f'neutron-server-{region}' for region in regions),
    ]


class Killer:
    """Kills services of a lab until it is told to end.

    :param seed: of what is killed, and when
    """

    def __init__(self, lab: cloud.Lab, seed: str, progress: Progress) -> None:
        self._lab = lab
        self._random = random.Random(f'{seed}:kills')  # noqa: S311
        self._progress = progress
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name='killer')
        self.killed: list[str] = []
        self.error: Exception | None = None

    def begin(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Wait until what was killed is back; kill nothing more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        found = victims([one.name for one in self._lab.topology.regions])
        turns: list[str] = []
        while not self._over.wait(self._random.uniform(*_BETWEEN)):
            # Each has its turn before one comes again.
            turns = turns or self._random.sample(found, len(found))
            name = turns.pop()
            now = datetime.datetime.now().isoformat(' ', 'seconds')
            self.killed.append(f'{now} {name}')
            self._progress(f'{name} is killed')
            try:
                self._lab.kill(name)
                self._over.wait(self._random.uniform(*_DEAD))
                self._lab.restart(name, lambda _text: None)
            except Exception as exc:
                # It is told when the soak ends: without the service, that
                # comes to nothing.
                self.error = exc
                return
            self._progress(f'{name} is back')


def anything_away(lab: cloud.Lab) -> bool:
    """Whether something was killed, and is not back for long."""
    now = datetime.datetime.now()
    return any(
        one.covers(now, _LATE) for one in outages.read(lab.layout.outages)
    )
