# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region says of a resource, as it is noted."""

from collections.abc import Mapping
import datetime
from typing import Any, Final

from oslo_db import exception as db_exc
from oslo_log import log as logging
from oslo_utils import timeutils
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central.gateway import homes as db_homes

LOG = logging.getLogger(__name__)

#: What a region may call the project of a resource.
_PROJECTS: Final = (
    'tenant_id',
    'project_id',
    'os-vol-tenant-attr:tenant_id',
    'os-extended-snapshot-attributes:project_id',
)


def home_of(
    session: orm.Session,
    resource: str,
    region_name: str,
    item: Mapping[str, Any],
    project_id: str,
) -> db_homes.Home:
    """Return the home of what a region said that it has.

    :param project_id: whose it is where the region does not say
    """
    return db_homes.Home(
        resource,
        str(item['id']),
        region_name,
        next(
            (str(item[name]) for name in _PROJECTS if item.get(name)),
            project_id,
        ),
        # What has just been made may not say when.
        _moment(item.get('created') or item.get('created_at'))
        or clock.now(session),
    )


def missed(what: str, exc: db_exc.DBError) -> None:
    """Log that the database did not take or tell what is only a cache.

    :param what: that is not noted, or not read
    """
    LOG.warning('%s (%s)', what, type(exc).__name__)


def _moment(text: Any) -> datetime.datetime | None:
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(text))
    except (AttributeError, TypeError, ValueError):
        return None
