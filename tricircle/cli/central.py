# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Resources of central Neutron, as its users name them."""

import argparse
from typing import Any, Final

from openstack import exceptions as sdk_exc
from osc_lib import exceptions

from tricircle.replica import kinds

#: By type of resource.
_KINDS: Final = {one.type: one for one in kinds.KINDS if one.collection}


def add_resource(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a resource."""
    parser.add_argument(
        'type',
        metavar='<type>',
        choices=sorted(_KINDS),
        help=f'Type of the resource: {", ".join(sorted(_KINDS))}',
    )
    parser.add_argument(
        'resource', metavar='<resource>', help='Name or ID of the resource'
    )


def find(
    network: Any, resource_type: str, name_or_id: str
) -> tuple[Any, list[dict[str, Any]]]:
    """Return a resource, and how far it got in each region.

    :param network: client of openstacksdk
    :raises CommandError: when there is none, or this is not central
    """
    kind = _KINDS[resource_type]
    try:
        found = getattr(network, f'find_{kind.word}')(
            name_or_id, ignore_missing=False
        )
        answer = network.get(f'/{kind.collection}/{found.id}/replicas')
        if answer.status_code == 404 and not _is_central(network):
            raise exceptions.CommandError(
                'This Neutron is not the central one: name its region '
                'with --os-region-name.'
            )
        sdk_exc.raise_from_response(answer)
    except sdk_exc.SDKException as exc:
        raise exceptions.CommandError(str(exc)) from exc
    return found, list(answer.json()['replicas'])


def _is_central(network: Any) -> bool:
    return any(
        one.alias == 'tricircle-replicas' for one in network.extensions()
    )
