# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central is asked for the caller of the current request, by its own token."""

from collections.abc import Callable
from typing import Any, TypeVar

from neutron_lib import exceptions
from neutron_lib.db import utils as db_utils
from oslo_config import cfg
from oslo_utils import uuidutils

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.local.asking import errors
from tricircle.local.asking import request

_Answer = TypeVar('_Answer')


class ForCaller:
    """Asks central on behalf of the current request.

    :param conf: the region's configuration
    :param client: central
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: central.CentralClient
    ) -> None:
        self._conf = conf
        self._client = client

    def _ask(
        self,
        question: Callable[..., _Answer],
        *what: Any,
        refusal: Callable[
            [central_errors.CentralError, str], Exception
        ] = errors.translate,
        **more: Any,
    ) -> _Answer:
        """Return what central answers, within the time of the request.

        :param question: a method of the client that takes the caller first
        :param refusal: makes what is raised when central refuses, of its
            error and its URL
        :raises CentralUnavailable: central does not answer
        """
        try:
            return question(
                request.caller(),
                *what,
                request_id=request.request_id(),
                timeout=request.time_left(
                    self._conf[client_conf.GROUP].central_timeout
                ),
                **more,
            )
        except central_errors.CentralError as exc:
            raise refusal(exc, self._client.url) from exc


def here_or_shown(
    here: Callable[..., Any],
    show: Callable[[str], dict[str, Any]],
    context: Any,
    id_: str,
    fields: Any,
) -> Any:
    """Return a resource as it is here, or else as central shows the caller.

    :param here: Neutron's getter
    :param show: what asks central
    :param fields: those wanted, as Neutron's getters take them
    :raises NotFound: neither has it, or central is not to be asked
    :raises CentralUnavailable: central does not answer
    """
    try:
        return here(context, id_, fields)
    except exceptions.NotFound:
        if not uuidutils.is_uuid_like(id_) or not request.may_ask_central(
            context
        ):
            raise
    return db_utils.resource_fields(show(id_), fields)
