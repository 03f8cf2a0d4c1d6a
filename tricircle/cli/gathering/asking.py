# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Asking everybody at once, each of them one thing after the other."""

from collections.abc import Iterable, Iterator
import queue
import threading
import time
from typing import Any, Final

from tricircle.cli import deadlines
from tricircle.cli.gathering import answers
from tricircle.cli.gathering import manifest
from tricircle.cli.gathering import questions

#: Who are asked at the same time.
_AT_ONCE: Final = 16


def ask(
    manager: Any, question: questions.Question, seconds: float
) -> tuple[manifest.Outcome, bool]:
    """Ask one thing.

    :param manager: clients of the ``openstack`` command
    :param seconds: that it may take
    :return: what came of it, and whether it took too long
    """
    began, started = time.time(), time.monotonic()
    deadline = deadlines.Deadline(seconds)
    answer, error, late = questions.Answer(None), '', False
    try:
        answer = deadline.keep(
            lambda: answers.find(manager, question, deadline)
        )
    except (deadlines.Late, TimeoutError) as exc:
        error, late = str(exc), True
    except Exception as exc:
        # Whatever it is, all else is wanted still.
        error = str(exc) or repr(exc)
        if isinstance(exc, LookupError | TypeError | ValueError):
            error = f'the answer is not understood: {exc!r}'
    return (
        manifest.Outcome(
            question,
            began,
            time.monotonic() - started,
            answer.value,
            answer.notes,
            error,
        ),
        late,
    )


def ask_all(
    manager: Any,
    wanted: Iterable[questions.Question],
    seconds: float,
) -> Iterator[manifest.Outcome]:
    """Ask all, and yield what came of each as soon as it is known.

    A service that did not answer in time is not asked again: of a dead region
    no more is waited for than once a service.

    :param seconds: that each may take
    """
    waiting: queue.SimpleQueue[list[questions.Question]] = queue.SimpleQueue()
    done: queue.SimpleQueue[manifest.Outcome] = queue.SimpleQueue()
    lanes = questions.lanes(wanted)
    for lane in lanes:
        waiting.put(lane)

    def work() -> None:
        while True:
            try:
                lane = waiting.get_nowait()
            except queue.Empty:
                return
            for outcome in _lane(manager, lane, seconds):
                done.put(outcome)

    for _ in range(min(_AT_ONCE, len(lanes))):
        # An interrupted command does not wait for them.
        threading.Thread(target=work, daemon=True).start()
    for _ in range(sum(len(lane) for lane in lanes)):
        yield done.get()


def _lane(
    manager: Any, lane: list[questions.Question], seconds: float
) -> Iterator[manifest.Outcome]:
    silent: set[str] = set()
    for question in lane:
        if question.service and question.service in silent:
            yield manifest.Outcome(
                question,
                time.time(),
                0.0,
                error='not asked: the service was silent before',
            )
            continue
        outcome, late = ask(manager, question, seconds)
        if late:
            silent.add(question.service)
        yield outcome
