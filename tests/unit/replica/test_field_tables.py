# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import importlib
import pkgutil
from typing import Any

from neutron import extensions
from neutron_lib.api import definitions
from neutron_lib.services.qos import constants as qos_constants
import pytest

from tricircle.db.central import qos_policies as central_policies
from tricircle.db.central.network import pools as central_pools
from tricircle.db.central.network import reads as central_networks
from tricircle.db.central.port import reads as central_ports
from tricircle.db.central.router import floating_ips as central_floating_ips
from tricircle.db.central.router import routers as central_routers
from tricircle.replica import fields
from tricircle.replica import kinds
from tricircle.replica.kinds import qos_policy
from tricircle.replica.kinds.port import PORT

TABLES = [
    table for kind in kinds.KINDS for table in kind.tables if table.collection
]
#: Attributes of all resources, which Neutron's own map does not repeat.
STANDARD = frozenset(['description', 'project_id', 'tags'])
#: What documents say, and the API does not.
OURS = {'security_group': frozenset(['default'])}


def modules() -> list[Any]:
    """Return the modules that describe Neutron's API, loaded or not."""
    return [
        importlib.import_module(f'{package.__name__}.{found.name}')
        for package in (definitions, extensions)
        for found in pkgutil.iter_modules(package.__path__)
    ]


def attributes_of(collection: str) -> set[str]:
    return {
        name
        for module in modules()
        for table in ('RESOURCE_ATTRIBUTE_MAP', 'EXTENDED_ATTRIBUTES_2_0')
        for name in (getattr(module, table, None) or {}).get(collection, ())
    } | {
        name
        for module in modules()
        for name in (
            (getattr(module, 'SUB_RESOURCE_ATTRIBUTE_MAP', None) or {})
            .get(collection, {})
            .get('parameters', ())
        )
        # Neutron adds it beside project_id, once the API has been made.
        if name != 'tenant_id'
    }


def label(table: fields.Table) -> str:
    return table.resource


@pytest.mark.parametrize('table', TABLES, ids=label)
def test_every_attribute_of_neutrons_travels_or_says_why_not(
    table: fields.Table,
) -> None:
    said = {*table.names, *table.stays}
    assert attributes_of(table.collection) - said == set()


@pytest.mark.parametrize('table', TABLES, ids=label)
def test_a_table_names_nothing_that_neutron_has_not(
    table: fields.Table,
) -> None:
    ours = OURS.get(table.resource, frozenset())
    said = {*table.names, *table.stays} - STANDARD - ours
    assert said - attributes_of(table.collection) == set()


@pytest.mark.parametrize('table', TABLES, ids=label)
def test_what_travels_does_not_stay(table: fields.Table) -> None:
    assert set(table.names) & set(table.stays) == set()


def test_what_no_region_gets_is_what_the_database_is_asked_for() -> None:
    read = {
        'network': {*central_networks._UNSUPPORTED.values(), 'segments'},
        'subnet': {*central_networks._UNSUPPORTED_OF_SUBNETS.values()},
        'port': {
            *central_ports._UNSUPPORTED.values(),
            'binding:profile',
        },
        'router': {*central_routers._UNSUPPORTED.values()},
        'policy': {*central_policies._UNSUPPORTED},
        'floatingip': {*central_floating_ips._UNSUPPORTED.values()},
        'subnetpool': {*central_pools._UNSUPPORTED.values()},
    }
    assert {one.resource: one.named for one in TABLES if one.named} == read


def test_what_a_port_has_of_extensions_is_what_the_database_is_asked_for() -> (
    None
):
    assert {*central_ports._OPTIONAL, 'qos_policy_id'} == {*PORT.sparse}


def test_there_is_nothing_of_which_nothing_says_that_it_stays() -> None:
    unnamed = {
        f'{one.resource}.{name}' for one in TABLES for name in one.unnamed
    }
    assert unnamed == set()


def parameters_of(collection: str) -> set[str]:
    return {
        name
        for module in modules()
        for name in (getattr(module, 'SUB_RESOURCE_ATTRIBUTE_MAP', None) or {})
        .get(collection, {})
        .get('parameters', ())
    }


def test_every_type_of_qos_rules_travels_with_all_its_values() -> None:
    assert set(qos_policy.RULES) == set(qos_constants.VALID_RULE_TYPES)
    for table in qos_policy.RULES.values():
        assert {*table.names} == parameters_of(table.collection)


def test_each_type_has_one_kind() -> None:
    assert len(kinds.BY_TYPE) == len(kinds.KINDS)
