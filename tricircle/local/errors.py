# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Errors of central, raised in a region as if they had happened here."""

from neutron_lib import exceptions
from oslo_config import cfg

from tricircle.client import central
from tricircle.local import refusals

_BASES: dict[int, type[exceptions.NeutronException]] = {
    400: exceptions.BadRequest,
    403: exceptions.NotAuthorized,
    404: exceptions.NotFound,
    409: exceptions.Conflict,
    503: exceptions.ServiceUnavailable,
}


def translate(exc: central.CentralError) -> exceptions.NeutronException:
    """Return Neutron's exception for what central answered.

    Status and type stay central's: the API shows the name of the class.
    """
    if isinstance(exc, central.CentralUnreachable):
        return refusals.CentralUnavailable(
            url=cfg.CONF.tricircle.central_neutron_url, reason=exc)
    if exc.status == 401:
        return refusals.CentralUnavailable(
            url=cfg.CONF.tricircle.central_neutron_url,
            reason='it did not accept the credentials of [client]')
    base = _BASES.get(exc.status)
    if base is None:
        return refusals.CentralUnavailable(
            url=cfg.CONF.tricircle.central_neutron_url,
            reason=f'it answered {exc.status} {exc.type}')
    name = exc.type if exc.type.isidentifier() else base.__name__
    made = type(name, (base,), {
        'message': '%(msg)s', '__module__': __name__})
    return made(msg=exc.message)
