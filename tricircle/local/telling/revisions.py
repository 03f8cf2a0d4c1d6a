# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reports that central refuses for a later one.

Mostly the later one was this region's own. If the region, as it is now, is
not there yet, it never sent that: somebody else did in its name, or what is
reported was made anew, by hand or from a backup. What is true then replaces
it.
"""

from collections.abc import Callable
from typing import TypeVar

from oslo_log import log as logging

from tricircle.replica import messages

LOG = logging.getLogger(__name__)

Body = TypeVar('Body', messages.ReportBody, messages.RouterReportBody)


def send(
    what: str,
    body: Body,
    report: Callable[[Body], int | None],
    read_again: Callable[[], Body | None],
) -> Body:
    """Report, and again if central has taken what this region never sent.

    :param what: for the log
    :param report: sends; returns the revision of a later report that was
        taken before
    :param read_again: reads how it is now, None when there is nothing to say
    :returns: what was reported
    """
    newer = report(body)
    if newer is None:
        return body
    now = read_again()
    if now is None or now['revision'] >= newer:
        return body
    LOG.warning(
        'Central was told of revision %(newer)d of %(what)s, which is at '
        '%(revision)d: what it was told is replaced',
        {'newer': newer, 'what': what, 'revision': now['revision']},
    )
    now['supersedes'] = newer
    report(now)
    return now
