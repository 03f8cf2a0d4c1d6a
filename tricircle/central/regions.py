# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The regions that central's resources may be in."""

from neutron_lib import exceptions as n_exc
from oslo_config import cfg
from sqlalchemy import orm

from tricircle.conf import central as central_config
from tricircle.db import presence as presence_db

central_config.register(cfg.CONF)


class PodNotFound(n_exc.NotFound):
    """A region that is no pod, or is central's own."""

    message = 'Pod %(region)s could not be found.'


def find_pod(session: orm.Session, region_name: str) -> presence_db.Pod:
    """Return the pod of a region.

    :raises PodNotFound: when the region is none that has resources
    """
    for pod in presence_db.pods(session):
        if pod.region_name == region_name:
            return pod
    raise PodNotFound(region=region_name)


def grace() -> float:
    """Return the seconds a region has before XJob looks after it."""
    return float(cfg.CONF.tricircle.replica_grace)
