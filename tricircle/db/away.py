# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a program says of what it tries again by itself."""

from typing import Any

from neutron_lib import exceptions
from oslo_db import exception as db_exc


def note(log: Any, what: str, exc: Exception) -> None:
    """Log what failed: in one line when it is nobody's defect.

    That is when the database is away, or somebody else was in the way. It is
    tried again anyway; a traceback for each time says no more.

    :param log: the caller's logger
    """
    if isinstance(exc, db_exc.DBConnectionError):
        reason = exc.args[0] if exc.args else exc
        log.error('%s: the database does not answer (%s)', what, reason)
    elif isinstance(exc, exceptions.ServiceUnavailable):
        log.warning('%s: %s: %s', what, type(exc).__name__, exc)
    else:
        log.error('%s', what, exc_info=exc)
