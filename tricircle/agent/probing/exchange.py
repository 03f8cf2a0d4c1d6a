# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Questions that are out, and their answers."""

from collections.abc import Callable, Collection
import dataclasses
import threading
import time

from tricircle.agent.probing import frames

Send = Callable[[int, bytes], None]


@dataclasses.dataclass
class _Question:
    port: int
    length: int
    sent: float
    round_trip: float | None = None


class Exchange:
    """Sends questions, and knows which have been answered; safe for threads.

    :param send: sends a frame through the tunnel of a port.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._changed = threading.Condition()
        self._open: dict[frames.Mark, _Question] = {}
        self._count = 0

    def ask(self, port: int, packet: int) -> frames.Mark:
        """Send one question.

        :param packet: its size in bytes, see :func:`frames.question`.
        :raises RuntimeError: Open vSwitch does not answer.
        """
        self._count += 1
        marked = frames.mark(self._count)
        frame = frames.question(marked, packet)
        with self._changed:
            asked = _Question(port, len(frame), time.monotonic())
            self._open[marked] = asked
        self._send(port, frame)
        return marked

    def hear(self, port: int, head: bytes, length: int) -> None:
        """Take what came back.

        It is no answer unless it is of a question's length and came through
        its tunnel. A second answer to one question is none either.
        """
        now = time.monotonic()
        marked = frames.answered(head)
        with self._changed:
            asked = None if marked is None else self._open.get(marked)
            if (
                asked is not None
                and (asked.port, asked.length) == (port, length)
                and asked.round_trip is None
            ):
                asked.round_trip = now - asked.sent
                self._changed.notify_all()

    def wait(self, marks: Collection[frames.Mark], seconds: float) -> None:
        """Wait until all are answered, or the time is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: all(
                    self._open[one].round_trip is not None for one in marks
                ),
                seconds,
            )

    def close(
        self, marks: Collection[frames.Mark]
    ) -> dict[frames.Mark, float]:
        """Take no more answers; return the round trips of those that came.

        :returns: in seconds; the way between agent and Open vSwitch, there
            and back, is in it.
        """
        with self._changed:
            closed = {one: self._open.pop(one).round_trip for one in marks}
        return {
            one: seconds
            for one, seconds in closed.items()
            if seconds is not None
        }
