# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What can become of a request to central, other than an answer."""

import requests


class CentralError(Exception):
    """Central refused a request.

    :ivar status: HTTP status
    :ivar type: Neutron's name of the error, '' when it gave none
    :ivar message: Neutron's text
    """

    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(f'{status} {type_}: {message}')
        self.status = status
        self.type = type_
        self.message = message


class CentralUnreachable(CentralError):
    """No answer came from central.

    :ivar url: where it was looked for
    :ivar reason: what went wrong, fit for a user
    :ivar sent: the request may have reached central, and be carried out
    """

    def __init__(self, url: str, reason: str, sent: bool) -> None:
        super().__init__(503, 'CentralUnreachable', reason)
        self.url = url
        self.reason = reason
        self.sent = sent

    def __str__(self) -> str:
        return self.reason


def read(response: requests.Response) -> CentralError | None:
    """Return Neutron's own error in an answer, None when it is none."""
    try:
        body = response.json()
        error = body.get('NeutronError', body)
    except (ValueError, AttributeError):
        return None
    if isinstance(error, str):
        return CentralError(response.status_code, '', error)
    if not isinstance(error, dict) or 'message' not in error:
        return None
    return CentralError(
        response.status_code, str(error.get('type', '')), str(error['message'])
    )
