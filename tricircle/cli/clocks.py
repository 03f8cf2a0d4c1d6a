# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How far the clock of another host is off, by the answer that it gives."""

from email import utils as email_utils


def ahead(date: str | None, asked: float, answered: float) -> float | None:
    """Return by how many seconds another clock is ahead, None if unknown.

    :param date: the header of that name, which has whole seconds
    :param asked: when it was asked, by the clock here
    :param answered: when the answer came
    """
    try:
        there = email_utils.parsedate_to_datetime(date or '')
    except (TypeError, ValueError):
        return None
    # It was cut to whole seconds, somewhere on the way.
    return round(there.timestamp() + 0.5 - (asked + answered) / 2, 1)
