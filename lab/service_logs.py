# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The logs of the lab's services, of all times that each was started."""

from collections.abc import Iterable
import datetime

from lab import layout as layouts
from lab import log_allowances
from lab import log_surprises
from lab import outages


def surprises(
    layout: layouts.Layout,
    services: Iterable[str],
    since: datetime.datetime | None = None,
) -> list[log_surprises.Surprise]:
    """Return the errors in logs that nothing explains, grouped.

    :param services: whose logs are read
    :param since: local time; None for all since the lab came up
    """
    found: list[log_surprises.Failure] = []
    for name in services:
        for path in (layout.earlier_log(name), layout.log(name)):
            if path.exists():
                with path.open(errors='replace') as lines:
                    found += log_surprises.failures(name, lines)
    return log_surprises.grouped(
        one
        for one in log_allowances.unexplained(
            found, outages.read(layout.outages)
        )
        if since is None or one.time is None or one.time >= since
    )
