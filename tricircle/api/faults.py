# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Errors as the Admin API answers them."""

from collections.abc import Mapping
import json

import webob

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
