# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A token of Keystone's for who has a password, for the page.

Nothing of it is logged or kept: the password goes to Keystone, and the token
to who asked.
"""

import json
import threading
from typing import Any, Final

import jsonschema
from keystoneauth1 import exceptions as ks_exc
from keystoneauth1 import session as ks_session
from keystoneauth1.identity import v3
from oslo_config import cfg
from oslo_log import log as logging
import webob

from tricircle.api import faults
from tricircle.client import tls
from tricircle.replica import border

LOG = logging.getLogger(__name__)

_LONGEST_BODY: Final = 16 * 1024
#: Seconds for Keystone to answer.
_TIMEOUT: Final = 10.0
_NAMES: Final = (
    'username',
    'password',
    'user_domain_name',
    'project_name',
    'project_domain_name',
)
_LOGIN: Final = {
    'type': 'object',
    'required': ['login'],
    'additionalProperties': False,
    'properties': {
        'login': {
            'type': 'object',
            'required': list(_NAMES),
            'additionalProperties': False,
            'properties': {
                one: {'type': 'string', 'minLength': 1, 'maxLength': 4096}
                for one in _NAMES
            },
        }
    },
}


class Login:
    """Asks Keystone for tokens."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        # Who has no token takes no more than a few of the threads, however
        # long Keystone takes.
        self._free = threading.BoundedSemaphore(max(1, conf.api_workers // 4))

    def answer(self, request: webob.Request) -> webob.Response:
        """Answer a request for a token."""
        try:
            found = self._ask(request)
        except border.Unacceptable as exc:
            return faults.response(exc.status, str(exc))
        except faults.Fault as exc:
            return faults.response(exc.status, str(exc))
        return webob.Response(
            content_type='application/json',
            charset='utf-8',
            text=json.dumps({'login': found}),
            cache_control='no-store',
        )

    def _ask(self, request: webob.Request) -> dict[str, str | None]:
        if request.method != 'POST':
            raise faults.Fault(405, f'{request.method} is not allowed')
        border.check_request(request.environ, _LONGEST_BODY)
        # What a form of another site cannot send.
        if request.content_type != 'application/json':
            raise faults.Fault(415, 'The body is to be application/json')
        body = border.read_json(request.body, _LONGEST_BODY)
        validator = jsonschema.Draft202012Validator(_LOGIN)
        if not validator.is_valid(body):
            # Without the words of the validator, which repeats values.
            raise faults.Fault(
                400, f'login: is to have {", ".join(_NAMES)}, and no more'
            )
        if self._conf.client.auth_strategy != 'keystone':
            raise faults.Fault(404, 'There is no Keystone')
        if not self._free.acquire(blocking=False):
            raise faults.Fault(503, 'Others are logging in; try again')
        try:
            return self._token(request.client_addr, body['login'])
        finally:
            self._free.release()

    def _token(
        self, address: str | None, given: dict[str, Any]
    ) -> dict[str, str | None]:
        client = self._conf.client
        session = ks_session.Session(
            verify=tls.verify(self._conf),
            cert=tls.certificate(self._conf),
            timeout=_TIMEOUT,
            # For Keystone's own log.
            original_ip=address,
        )
        auth = v3.Password(auth_url=client.auth_url, **given)
        try:
            access = auth.get_access(session)
        except ks_exc.Unauthorized:
            raise faults.Fault(
                401, 'Keystone does not accept user, password and project'
            ) from None
        except ks_exc.ClientException as exc:
            LOG.warning(
                'Keystone gave no token for the topology page: %s',
                type(exc).__name__,
            )
            raise faults.Fault(503, 'Keystone gave no answer') from None
        return {
            'token': str(access.auth_token),
            'expires_at': None
            if access.expires is None
            else access.expires.isoformat(),
        }
