# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Snapshots and models of unit tests, as plain as they may be."""

from typing import Any

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Side
from tests.functional.stateful.checks.seen import Snapshot

ONE, TWO = 'RegionOne', 'RegionTwo'


def port(id_: str = 'p', **values: Any) -> Json:
    """Return a port, as a Neutron shows it."""
    return {
        'id': id_,
        'name': 'port',
        'tags': [],
        'project_id': 'project',
        'network_id': 'n',
        'device_id': '',
        'device_owner': '',
        'mac_address': f'mac of {id_}',
        'fixed_ips': [{'subnet_id': 's', 'ip_address': f'address of {id_}'}],
        'security_groups': [],
        'qos_policy_id': None,
        'dns_name': '',
        **values,
    }


def side(name: str, *ports: Json, **things: list[Json]) -> Side:
    """Return what one Neutron shows."""
    everything = {models.PORT: list(ports), **things}
    return Side(
        name,
        {
            kind: {one['id']: one for one in everything.get(kind, [])}
            for kind in seen.KINDS
        },
    )


def snapshot(central: Side, *regions: Side) -> Snapshot:
    """Return what all sides show."""
    return Snapshot(
        central,
        {one.name: one for one in regions},
        {'router_pieces': [], 'journal': []},
        {},
    )


def model_of(*effects: models.Effect) -> models.Model:
    """Return a model that has learnt of some effects."""
    model = models.Model()
    model.take([effects])
    return model


def kinds_of(findings: list[checks.Finding]) -> set[str]:
    """Return which defects were found."""
    return {one.kind for one in findings}
