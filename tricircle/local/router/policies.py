# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies of a router's gateway and of its floating IPs.

A region whose router plugin has none for either goes without, and the state
of the router says so.
"""

from collections.abc import Iterator, Mapping
import dataclasses
from typing import Any, Final

from neutron_lib.api import extensions
from neutron_lib.api.definitions import qos_fip
from neutron_lib.api.definitions import qos_gateway_ip

from tricircle.local.qos import writes

ATTRIBUTE: Final = writes.ATTRIBUTE
#: Where the body of a router has floating IPs.
_FLOATING: Final = ('floating_ips', 'forwarding_ips')


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a region's router plugin has policies for."""

    gateway: bool
    floating_ips: bool


def taken(plugin: Any) -> Taken:
    """Tell what policies a router plugin takes."""
    return Taken(
        bool(extensions.is_extension_supported(plugin, qos_gateway_ip.ALIAS)),
        bool(extensions.is_extension_supported(plugin, qos_fip.ALIAS)),
    )


def _bare(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != ATTRIBUTE}


def possible(plugin: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a router, without policies it cannot have here."""
    able = taken(plugin)
    changed: dict[str, Any] = {}
    if body['gateway'] is not None and not able.gateway:
        changed['gateway'] = _bare(body['gateway'])
    if not able.floating_ips:
        for key in _FLOATING:
            if key in body:
                changed[key] = [_bare(one) for one in body[key]]
    return {**body, **changed}


def fill_in(
    plugin: Any, desired: Mapping[str, Any], seen: Mapping[str, Any]
) -> list[str]:
    """Let what is here count as having the policies it cannot have.

    :param desired: the body of the router that is compared with
    :param seen: what is here, as a body; it is changed
    :returns: the attributes that are not here
    """
    able = taken(plugin)
    omitted = set()
    if not able.gateway:
        for wanted, here in _pairs([desired['gateway']], [seen['gateway']]):
            here[ATTRIBUTE] = wanted[ATTRIBUTE]
            omitted.add(f'router.external_gateway_info.{ATTRIBUTE}')
    if not able.floating_ips:
        by_id = {one['id']: one for one in _floating(seen)}
        wanted_ones = _floating(desired)
        for wanted, here in _pairs(
            wanted_ones, [by_id.get(one['id']) for one in wanted_ones]
        ):
            here[ATTRIBUTE] = wanted[ATTRIBUTE]
            omitted.add(f'floatingip.{ATTRIBUTE}')
    return sorted(omitted)


def _floating(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for key in _FLOATING for one in body.get(key, ())]


def _pairs(
    wanted: list[Any], here: list[Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield what is wanted with a policy, and what is here of it."""
    for one, other in zip(wanted, here, strict=True):
        if one is not None and other is not None and ATTRIBUTE in one:
            yield one, other


def change(plugin: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to say of the policy of a gateway to the router plugin."""
    if not taken(plugin).gateway:
        return {}
    return {ATTRIBUTE: wanted.get(ATTRIBUTE)}
