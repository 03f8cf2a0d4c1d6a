# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Errors as the Admin API and the gateways answer them."""

from collections.abc import Callable, Mapping
import json
from typing import Any

from oslo_db import exception as db_exc
import webob

from tricircle.replica import border

TYPES = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'requestEntityTooLarge',
    415: 'badMediaType',
    422: 'unprocessableEntity',
    500: 'internalServerError',
    503: 'serviceUnavailable',
}


class Fault(Exception):
    """A request that is answered with an error.

    :ivar status: HTTP status
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Answering:
    """How a service answers requests that come to no good.

    :param log: of the service
    :param where: what has the reason of a defect, for users
    :param longest_body: bytes
    :param types: names of errors by status
    """

    def __init__(
        self,
        log: Any,
        where: str,
        longest_body: int,
        types: Mapping[int, str] = TYPES,
    ) -> None:
        self._log = log
        self._where = where
        self._longest_body = longest_body
        self._types = types

    def answer(
        self,
        request: webob.Request,
        act: Callable[[webob.Request], webob.Response],
    ) -> webob.Response:
        """Return the answer to a request, or the error that it is."""
        try:
            border.check_request(request.environ, self._longest_body)
            return act(request)
        except (border.Unacceptable, Fault) as exc:
            return response(exc.status, str(exc), self._types)
        except db_exc.DBConnectionError as exc:
            self._log.error('The database does not answer (%s)', exc.args[0])
            return response(503, 'The database does not answer', self._types)
        except Exception:
            self._log.exception(
                '%s %s failed', request.method, request.path_info
            )
            return response(
                500,
                f'The request failed; the log of {self._where} has the reason',
                self._types,
            )


def response(
    status: int, message: str, types: Mapping[int, str] = TYPES
) -> webob.Response:
    """Return ``{"<type>": {"message", "code"}}``.

    :param types: names of errors by status
    """
    return webob.Response(
        status=status,
        content_type='application/json',
        charset='utf-8',
        text=json.dumps(
            {types.get(status, 'error'): {'message': message, 'code': status}}
        ),
    )
