# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What central answered, as the exceptions that Neutron's API knows."""

import functools
import inspect

from neutron.extensions import securitygroup
from neutron_lib import exceptions
from neutron_lib.exceptions import address_group
from neutron_lib.exceptions import address_scope
from neutron_lib.exceptions import allowedaddresspairs
from neutron_lib.exceptions import l3
from neutron_lib.exceptions import port_security
from neutron_lib.exceptions import qos
import webob.exc

from tricircle.client import central_errors
from tricircle.local.engine import refusals
from tricircle.replica import messages

_BASES: dict[int, type[exceptions.NeutronException]] = {
    400: exceptions.BadRequest,
    403: exceptions.NotAuthorized,
    404: exceptions.NotFound,
    409: exceptions.Conflict,
    503: exceptions.ServiceUnavailable,
}
_KNOWN = (
    exceptions,
    securitygroup,
    port_security,
    allowedaddresspairs,
    address_group,
    address_scope,
    l3,
    qos,
    refusals,
)


@functools.lru_cache(maxsize=256)
def _exception_class(
    status: int, name: str
) -> type[exceptions.NeutronException]:
    """Return a class of that name, which the API answers with that status.

    Where Neutron has such an error it is also an instance of that, so that
    code around the plugin handles it as usual.
    """
    base = _BASES[status]
    for module in _KNOWN:
        known = getattr(module, name, None)
        if inspect.isclass(known) and issubclass(known, base):
            base = known
            break
    if not name.isidentifier():
        name = base.__name__

    def initialize(self: exceptions.NeutronException, msg: str) -> None:
        # Not the base's: it would fill in a text of its own.
        Exception.__init__(self, msg)
        self.msg = msg

    made: type[exceptions.NeutronException] = type(
        name,
        (base,),
        {
            '__init__': initialize,
            '__module__': __name__,
            '__doc__': 'What central answered.',
        },
    )
    return made


def translate(
    exc: central_errors.CentralError, url: str, as_region: bool = False
) -> exceptions.NeutronException:
    """Return Neutron's exception for what central answered.

    Status and type stay central's: the API shows the name of the class.
    What is no answer to the user's request (no connection, an error of
    central's own, credentials of the region refused) becomes a 503.

    :param url: where central was asked
    :param as_region: it was asked as the region itself, not as the user
    """
    if isinstance(exc, central_errors.CentralUnreachable):
        return refusals.CentralUnavailable(url=url, reason=exc.reason)
    if exc.status == 401 or (
        exc.status == 403 and (as_region or exc.type == messages.FORBIDDEN)
    ):
        return refusals.CentralUnavailable(
            url=url, reason='it did not accept the credentials'
        )
    if exc.status not in _BASES:
        return refusals.CentralUnavailable(
            url=url, reason=f'it answered {exc.status} {exc.type}'.strip()
        )
    made: exceptions.NeutronException = _exception_class(exc.status, exc.type)(
        exc.message
    )
    return made


def translate_precondition(
    exc: central_errors.CentralError, url: str
) -> Exception:
    """Return the exception where the revision wanted was central's."""
    if exc.status == webob.exc.HTTPPreconditionFailed.code:
        refused: Exception = webob.exc.HTTPPreconditionFailed(
            detail=exc.message
        )
    else:
        refused = translate(exc, url)
    return refused
