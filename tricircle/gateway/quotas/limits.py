# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The limits of projects: those of CentralRegion in Keystone."""

from collections.abc import Mapping
import dataclasses
import threading
from typing import Any, cast, Final

from keystoneauth1 import exceptions as ksa_exc
from openstack import exceptions as sdk_exc
from oslo_config import cfg
from oslo_limit import exception as limit_exc
from oslo_limit import limit
from oslo_limit import opts
from oslo_log import log as logging

from tricircle.conf import reading

LOG = logging.getLogger(__name__)

GROUP: Final = 'oslo_limit'


class Unknown(Exception):
    """Keystone does not tell the limits; the text says why."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits by the names of resources; -1 is no limit.

    :ivar registered: of projects that have none of their own
    :ivar own: those of the project
    """

    registered: Mapping[str, int]
    own: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def all(self) -> dict[str, int]:
        """What counts."""
        return {**self.registered, **self.own}


def check(conf: cfg.ConfigOpts, seconds: float) -> None:
    """Check that it is configured whose limits count.

    :param seconds: to wait for Keystone, where ``[oslo_limit] timeout`` does
        not say
    :raises tricircle.conf.reading.ConfigurationError: it is not
    """
    opts.register_opts(conf)
    conf.set_default('timeout', max(1, round(seconds)), GROUP)
    section = conf[GROUP]
    if not section.endpoint_id and not (
        section.endpoint_service_type or section.endpoint_service_name
    ):
        raise reading.ConfigurationError(
            f'[{GROUP}] endpoint_id is not set: [gateway] quota = unified '
            'needs the endpoint whose limits count, that of the gateway. Or '
            'set endpoint_service_type and endpoint_region_name.'
        )


class Keystone:
    """The limits in Keystone; safe to use from all threads.

    Nothing is kept: what an administrator changes counts at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._enforcer: limit.Enforcer | None = None

    def of(self, project_id: str) -> Limits:
        """Return the limits of a project.

        :raises Unknown: Keystone does not tell
        """
        try:
            enforcer = self._made()
            # oslo.limit takes None for all of them, and does not say so.
            every = cast(Any, None)
            return Limits(
                dict(enforcer.get_registered_limits(every)),
                dict(enforcer.get_project_limits(project_id, every)),
            )
        except NotImplementedError as exc:
            raise Unknown(
                "Keystone's enforcement model is not the flat one, which is "
                'the only one that is supported'
            ) from exc
        except (
            limit_exc.SessionInitError,
            ksa_exc.ClientException,
            sdk_exc.SDKException,
            KeyError,
            TypeError,
            ValueError,
        ) as exc:
            LOG.warning(
                'Keystone does not tell the limits of project %s: %s: %s',
                project_id,
                type(exc).__name__,
                exc,
            )
            with self._lock:
                self._enforcer = None
            raise Unknown(
                'Keystone does not tell the limits of the project '
                f'({type(exc).__name__})'
            ) from exc

    def _made(self) -> limit.Enforcer:
        """Return what asks Keystone; making it looks the endpoint up."""
        with self._lock:
            enforcer = self._enforcer
        if enforcer is None:
            # Usage is not counted by it: what is reserved has to be looked
            # at in one transaction with what is taken.
            enforcer = limit.Enforcer(lambda project, names: {}, cache=False)
            with self._lock:
                self._enforcer = enforcer
        return enforcer
