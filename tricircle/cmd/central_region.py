# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which region central is in, compared with the pods."""

from oslo_config import cfg
import sqlalchemy as sa

from tricircle.cmd import program
from tricircle.db import readiness
from tricircle.db.central import models as central_models


def regions(conf: cfg.ConfigOpts) -> list[str]:
    """Return the regions that there is a pod of, in order.

    :raises tricircle.db.session.DatabaseUnusable: as
        :func:`tricircle.db.readiness.check`
    """
    readiness.check(conf)
    with readiness.connected(conf) as connection:
        return list(
            connection.scalars(
                sa.select(central_models.Pod.region_name).order_by(
                    central_models.Pod.region_name
                )
            )
        )


def check(conf: cfg.ConfigOpts) -> None:
    """Check that ``[client] top_region_name`` is a region with a pod.

    Nothing is wrong while there is no pod at all: the first comes later.
    The database is checked first.

    :raises tricircle.db.session.DatabaseUnusable: as :func:`regions`
    :raises tricircle.cmd.program.CannotWork: it is not
    """
    named, central = regions(conf), conf.client.top_region_name
    if named and central and central not in named:
        raise program.CannotWork(unknown(central, named))


def unknown(central: str, named: list[str]) -> str:
    """Return what to say of a region of central that has no pod."""
    return (
        f'[client] top_region_name is {central}, but there is no pod of that '
        f'region; there are {", ".join(named) or "none"}. Correct the '
        'option, or make the pod with `openstack multiregion networking pod '
        'create`.'
    )
