# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is said of an archive: what was asked, and what came of it."""

from collections.abc import Sequence
import dataclasses
import datetime
import textwrap
from typing import Any, Final

from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction

#: Of the form of the archive; it changes when files get other names.
FORM: Final = 1
NAME: Final = 'manifest.json'
#: Of a reason, in characters: in the manifest, as services may answer with
#: pages of HTML; and in the summary.
_LONGEST: Final = 2000
_SHOWN: Final = 160
HEADERS: Final = ('File', 'Of', 'Gathered', 'Seconds', 'Reason')


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a question.

    :ivar began: in seconds since 1970
    :ivar seconds: that it took
    :ivar value: the answer, what JSON can hold
    :ivar notes: what the answer lacks, or why it is empty
    :ivar error: why there is no answer, '' when there is one
    """

    question: questions.Question
    began: float
    seconds: float
    value: Any = None
    notes: tuple[str, ...] = ()
    error: str = ''

    def without_secrets(self, redactor: redaction.Redactor) -> 'Outcome':
        """Return the outcome with a reason that may be shown.

        Only then is a long one cut: half a secret would not be known. Values
        are cleaned when they are written.
        """
        return dataclasses.replace(
            self,
            notes=tuple(redactor.text(one) for one in self.notes),
            error=redactor.text(self.error)[:_LONGEST],
        )

    def said(self) -> str:
        """Return the outcome in words."""
        said = (
            f'not gathered: {self.error}'
            if self.error
            else '; '.join(self.notes) or 'gathered'
        )
        return f'{self.question.file}: {said}'

    def row(self) -> tuple[Any, ...]:
        """Return the outcome as the summary shows it."""
        reason = self.error or '; '.join(self.notes)
        return (
            self.question.file,
            self.question.of,
            'no' if self.error else 'yes',
            round(self.seconds, 1),
            textwrap.shorten(reason, _SHOWN, placeholder=' ...'),
        )


def moment(seconds: float) -> str:
    """Return a time as all files of the archive have it, in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime(
        '%Y-%m-%dT%H:%M:%SZ'
    )


def folder(began: float) -> str:
    """Return the folder that all files of the archive are in."""
    text = moment(began).replace('-', '').replace(':', '')
    return f'tricircle-gather-{text}'


def manifest(
    outcomes: Sequence[Outcome],
    began: float,
    ended: float,
    asked: dict[str, Any],
) -> dict[str, Any]:
    """Return what the archive has, and what it lacks.

    :param asked: what the operator wanted
    """
    return {
        'form': FORM,
        'began': moment(began),
        'seconds': round(ended - began, 1),
        'asked': asked,
        'complete': not any(one.error for one in outcomes),
        'files': [
            {
                'file': one.question.file,
                'of': one.question.of,
                'asked': one.question.asked(),
                'at': moment(one.began),
                'seconds': round(one.seconds, 3),
                'gathered': not one.error,
                'notes': list(one.notes),
                'error': one.error or None,
            }
            for one in ordered(outcomes)
        ],
    }


def ordered(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return outcomes in the order of their files."""
    return sorted(outcomes, key=lambda one: one.question.file)
