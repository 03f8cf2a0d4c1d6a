# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Findings, and the checkers that make them."""

from collections.abc import Callable, Iterator
import dataclasses
import enum
from typing import NamedTuple

from tricircle.cli.diagnosis import facts


class Severity(enum.StrEnum):
    """How bad a finding is."""

    #: Something that users ask for does not work.
    ERROR = 'error'
    #: Something will not work, or less than operators expect.
    WARNING = 'warning'
    #: Nothing is wrong; somebody may want to know.
    INFO = 'info'


class Found(NamedTuple):
    """What a checker says.

    :ivar region: the region that it is about
    :ivar what: what is wrong, with the names that it takes to look
    :ivar remedy: what to do about it
    """

    region: str
    what: str
    remedy: str


@dataclasses.dataclass(frozen=True)
class Checker:
    """One thing to look for.

    :ivar number: ``TRI`` and four digits
    :ivar title: heading in the administrator's guide
    """

    number: str
    severity: Severity
    title: str
    check: Callable[[facts.Facts], Iterator[Found]]


class Finding(NamedTuple):
    """What is shown of what a checker said."""

    number: str
    severity: Severity
    region: str
    what: str
    remedy: str
