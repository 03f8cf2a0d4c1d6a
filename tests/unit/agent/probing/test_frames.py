# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What goes over the wire."""

from tricircle.agent.probing import frames


def returned(frame: bytes) -> bytes:
    """Return what the other host's flow makes of a question."""
    return bytes.fromhex(frames.ANSWER.replace(':', '')) + frame[6:]


def test_an_answer_is_known_by_its_first_bytes() -> None:
    marked = frames.mark(7)
    frame = returned(frames.question(marked, 1500))

    assert frames.answered(frame[: frames.HEAD]) == marked


def test_a_question_has_the_size_that_is_asked_for() -> None:
    for size in (frames.LEAST, 1450, 9000):
        assert len(frames.question(frames.mark(1), size)) == 14 + size


def test_a_question_is_no_answer() -> None:
    assert frames.answered(frames.question(frames.mark(1), 100)) is None


def test_other_frames_and_cut_ones_are_no_answers() -> None:
    answer = returned(frames.question(frames.mark(1), 100))

    assert frames.answered(b'') is None
    assert frames.answered(answer[:33]) is None
    assert frames.answered(answer[:14] + b'xxxx' + answer[18:]) is None
    assert frames.answered(answer[:12] + b'\x08\x00' + answer[14:]) is None


def test_no_two_marks_have_the_same_secret() -> None:
    assert len({frames.mark(1).secret for _ in range(100)}) == 100


def test_senders_differ_and_are_of_one_host_each() -> None:
    senders = {frames.question(frames.mark(1), 46)[6:12] for _ in range(50)}

    assert len(senders) > 40
    # Neither of a group, nor of those that a manufacturer gives.
    assert {sender[0] & 3 for sender in senders} == {2}
