# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shapes of what regions send, checked before anything is done with it.

Unknown keys are let pass: a region may be one version ahead.
"""

import dataclasses
import ipaddress
from typing import Any, cast, Final

import jsonschema
from neutron_lib import exceptions as n_exc
from neutron_lib.api.validators import dns
from neutron_lib.services.trunk import constants as trunk_constants

from tricircle.replica import border
from tricircle.replica import messages

_STRING: Final = {'type': 'string', 'maxLength': 255}
_NAME: Final = {'type': ['string', 'null'], 'maxLength': 64}
_UUID: Final = r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z'
#: What a column holds.
_COUNT: Final = {'type': 'integer', 'minimum': 0, 'maximum': (1 << 63) - 1}
_IP_ADDRESS: Final = 'IP address'
_DNS_FORMAT: Final = 'DNS name'
_DNS_NAME: Final = {'type': 'string', 'maxLength': 255, 'format': _DNS_FORMAT}

_PULL: Final = {
    'type': 'object',
    'properties': {
        'project_id': _STRING,
        'is_admin': {'type': 'boolean'},
        'dhcp_agents': {'type': 'integer', 'minimum': 0, 'maximum': 100},
        'agent_gateways': {
            'type': 'array',
            'items': {'type': 'string', 'pattern': _UUID},
            'maxItems': 10_000,
        },
        'purpose': {'enum': [messages.LOOK, messages.USE, messages.DELETE]},
    },
    'required': ['project_id', 'is_admin', 'dhcp_agents'],
}
_REPORT: Final = {
    'type': 'object',
    'properties': {
        'revision': _COUNT,
        'host': _STRING,
        'device_id': _STRING,
        'device_owner': _STRING,
        'vif_type': {'type': 'string', 'maxLength': 64},
        'vnic_type': {'type': 'string', 'maxLength': 64},
        'status': {'type': 'string', 'maxLength': 16},
        'agent_type': _NAME,
        'tunnel_ip': {**_NAME, 'format': _IP_ADDRESS},
        'supersedes': _COUNT,
        'epoch': _COUNT,
        'counter': _COUNT,
        'digest': {'type': 'string', 'maxLength': 80},
        'dns_name': _DNS_NAME,
        'dns_names_before': {
            'type': 'array',
            'items': _DNS_NAME,
            'maxItems': messages.DNS_NAMES,
        },
    },
    'required': [
        'revision',
        'host',
        'device_id',
        'device_owner',
        'vif_type',
        'vnic_type',
        'status',
    ],
}


_REFUSED: Final = {
    'type': 'object',
    'properties': {
        'epoch': _COUNT,
        'counter': _COUNT,
        'reason': {'type': 'string', 'maxLength': 2000},
    },
    'required': ['epoch', 'counter', 'reason'],
}

_ROUTER_REPORT: Final = {
    'type': 'object',
    'properties': {
        'revision': _COUNT,
        'supersedes': _COUNT,
        'status': {'type': 'string', 'maxLength': 16},
        'floating_ips': {
            'type': 'object',
            'additionalProperties': {'type': 'string', 'maxLength': 16},
        },
    },
    'required': ['revision', 'status', 'floating_ips'],
}


_TRUNK_REPORT: Final = {
    'type': 'object',
    'properties': {
        'status': {
            'enum': [
                trunk_constants.TRUNK_ACTIVE_STATUS,
                trunk_constants.TRUNK_BUILD_STATUS,
                trunk_constants.TRUNK_DEGRADED_STATUS,
                trunk_constants.TRUNK_DOWN_STATUS,
                trunk_constants.TRUNK_ERROR_STATUS,
            ]
        },
    },
    'required': ['status'],
}


def _schema(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': {
            'replica': {
                'type': 'object',
                'properties': properties,
                'oneOf': [{'required': [name]} for name in properties],
            }
        },
        'required': ['replica'],
    }


_formats: Final = jsonschema.FormatChecker(formats=())


@_formats.checks(_IP_ADDRESS, raises=ValueError)
def _is_ip_address(value: Any) -> bool:
    return value is None or bool(ipaddress.ip_address(value))


@_formats.checks(_DNS_FORMAT)
def _is_dns_name(value: Any) -> bool:
    return not isinstance(value, str) or not dns.validate_dns_name(value)


def _validator(
    properties: dict[str, Any],
) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        _schema(properties), format_checker=_formats
    )


_REQUEST: Final = _validator({'pull': _PULL, 'refused': _REFUSED})
_REQUEST_OF_PORTS: Final = _validator(
    {'pull': _PULL, 'refused': _REFUSED, 'report': _REPORT}
)
_REQUEST_OF_ROUTERS: Final = _validator({'report': _ROUTER_REPORT})
_REQUEST_OF_TRUNKS: Final = _validator(
    {'pull': _PULL, 'refused': _REFUSED, 'report': _TRUNK_REPORT}
)


def _check(validator: jsonschema.Draft202012Validator, body: Any) -> Any:
    for error in validator.iter_errors(body):
        raise n_exc.BadRequest(
            resource='replica',
            msg=f'{error.json_path}: {border.shortened(error.message)}',
        )
    return body['replica']


def read_of_router(body: Any) -> messages.RouterReportBody:
    """Return the report on a router.

    :raises neutron_lib.exceptions.BadRequest: as :func:`read`
    """
    return cast(
        messages.RouterReportBody,
        _check(_REQUEST_OF_ROUTERS, body)['report'],
    )


def read_of_trunk(body: Any) -> messages.TrunkReportBody | None:
    """Return the report on a trunk, None when something else is said.

    :raises neutron_lib.exceptions.BadRequest: as :func:`read`
    """
    return cast(
        messages.TrunkReportBody | None,
        _check(_REQUEST_OF_TRUNKS, body).get('report'),
    )


@dataclasses.dataclass(frozen=True)
class Said:
    """What a region says of a resource; one of these."""

    pull: messages.PullBody | None = None
    report: messages.ReportBody | None = None
    refused: messages.RefusedBody | None = None


def read(body: Any, reports: bool = False) -> Said:
    """Return what the body of a request says.

    :param reports: whether reports are taken of this type of resource
    :raises neutron_lib.exceptions.BadRequest: when the body is none of them;
        the text says what is wrong with it, and where
    """
    replica = _check(_REQUEST_OF_PORTS if reports else _REQUEST, body)
    return Said(
        replica.get('pull'), replica.get('report'), replica.get('refused')
    )
