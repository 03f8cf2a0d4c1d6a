# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What must be true of what routers do in regions, when things are quiet.

Pure, as :mod:`tests.functional.stateful.checks.resources`.
"""

from tests.functional.stateful import model as models
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Snapshot


def floating_ips(snapshot: Snapshot) -> list[Finding]:
    """Return floating IPs that regions have of what is gone."""
    living = {
        str(one['floating_ip_address'])
        for one in snapshot.central.of(models.FLOATING_IP).values()
        if one['port_id']
    }
    living |= {
        str(one['floating_ip_address'])
        for one in snapshot.central.of(models.FORWARDING).values()
    }
    return [
        Finding('floating IP left in a region', f'{name} {one}')
        for name, side in snapshot.regions.items()
        for one in side.of(models.FLOATING_IP).values()
        if one['floating_ip_address'] not in living
    ]


#: What a region's port forwarding shares with central's; its port is that of
#: the router where the one that it forwards to is behind another region's.
_FORWARDED = (
    'floating_ip_address',
    'protocol',
    'internal_ip_address',
    'internal_port',
    'external_port',
)


def port_forwardings(snapshot: Snapshot) -> list[Finding]:
    """Return port forwardings that a region has not as central has them.

    They are in the region of their external network, and in no other.
    """
    found = []
    central = snapshot.central.of(models.FORWARDING)
    for name, side in snapshot.regions.items():
        wanted = {
            id_: _forwarded(one)
            for id_, one in central.items()
            if _region_of(one, snapshot) == name
        }
        here = {
            id_: _forwarded(one)
            for id_, one in side.of(models.FORWARDING).items()
        }
        found += [
            Finding(
                'port forwarding of a region is another',
                f'{name} {id_}: {here.get(id_)}, not {wanted.get(id_)}',
            )
            for id_ in sorted({*wanted, *here})
            if wanted.get(id_) != here.get(id_)
        ]
    return found


def _forwarded(one: Json) -> dict[str, object]:
    return {key: one[key] for key in _FORWARDED}


def _region_of(forwarding: Json, snapshot: Snapshot) -> str | None:
    network = snapshot.central.of(models.NETWORK)[
        forwarding['floating_network_id']
    ]
    hints = network['availability_zone_hints']
    return str(hints[0]) if hints else None
