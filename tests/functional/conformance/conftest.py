# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A plain ML2 and a central, configured alike, with everything loaded."""

from collections.abc import Iterator
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import mariadb
from tests.functional.conformance import recording
from tests.functional.conformance import sides as _sides
from tricircle.replica import types

#: Service plugins that a plain Neutron serves without any agent.
SERVICE_PLUGINS = [
    'router',
    'auto_allocate',
    'conntrack_helper',
    'flavors',
    'local_ip',
    'log',
    'metering',
    'ndp_proxy',
    'network_ip_availability',
    'network_segment_range',
    'port_forwarding',
    'qos',
    'revisions',
    'segments',
    'tag',
    'timestamp',
    'trunk',
]
EXTENSION_DRIVERS = [
    'port_security',
    'qos',
    'dns_domain_ports',
    'data_plane_status',
    'uplink_status_propagation',
    'tag_ports_during_bulk_creation',
]
_DEFAULT = {
    'service_plugins': SERVICE_PLUGINS,
    'dns_domain': 'example.org.',
}
# Small, so that quota errors are quickly had.
_QUOTAS = {'quota_router': 5, 'quota_floatingip': 4}
_TYPES = {
    'tenant_network_types': ['vxlan'],
    'type_drivers': ['local', 'flat', 'vlan', 'vxlan'],
}
_VLANS = ['bridge:501:600', 'extern']
_VNIS = '5001:6000'


def _central() -> dict[str, dict[str, Any]]:
    return {
        'DEFAULT': _DEFAULT,
        'quotas': _QUOTAS,
        'ml2': {'extension_drivers': EXTENSION_DRIVERS},
        'tricircle': {
            **_TYPES,
            'network_vlan_ranges': _VLANS,
            'vni_ranges': _VNIS,
            'flat_networks': '*',
            # Statements are counted, and are to be those of requests.
            'journal_poll_interval': 600,
        },
    }


def _plain() -> dict[str, dict[str, Any]]:
    return {
        'DEFAULT': _DEFAULT,
        'quotas': _QUOTAS,
        'ml2': {**_TYPES, 'extension_drivers': EXTENSION_DRIVERS},
        'ml2_type_vlan': {'network_vlan_ranges': _VLANS},
        'ml2_type_vxlan': {'vni_ranges': _VNIS},
        'ml2_type_flat': {'flat_networks': '*'},
    }


def _plan_nothing(database: mariadb.Database) -> None:
    """Have central's worker find no plan of a router that is due.

    There are no regions behind the pods, and it is what central answers that
    is compared, with its revisions.
    """
    for event in ('INSERT', 'UPDATE'):
        database.execute(
            f'CREATE TRIGGER no_plan_on_{event} BEFORE {event} ON journal'
            ' FOR EACH ROW SET NEW.next_try_at = IF('
            f" NEW.resource_type = '{types.ROUTER_PLAN}',"
            " '9999-01-01', NEW.next_try_at)"
        )


@pytest.fixture(scope='session')
def sides() -> Iterator[_sides.Sides]:
    """Central, and plain ML2 or what it once answered."""
    record = recording.Recording.read()
    how = recording.wanted(record)
    is_live = how is not recording.How.RECORDED
    with clouds.Cloud.start(
        regions=(),
        xjobs=0,
        admin_api=False,
        vanilla=is_live,
        central=_central(),
        vanilla_options=_plain(),
    ) as cloud:
        for number, name in enumerate(('RegionOne', 'RegionTwo'), 1):
            cloud.central.database.execute(
                'INSERT INTO pods'
                ' (pod_id, region_name, az_name, pod_az_name, dc_name)'
                " VALUES (%s, %s, %s, '', '')",
                str(uuid.uuid4()),
                name,
                f'az{number}',
            )
        _plan_nothing(cloud.central.database)
        if not is_live:
            yield _sides.Sides(cloud.central, None, record)
            return
        # The fixture's plain Neutron has a host; central never has one.
        for agent in cloud.vanilla.admin.list('agent'):
            cloud.vanilla.admin.remove('agent', agent['id'])
        if how is recording.How.RECORD:
            record = recording.Recording()
        yield _sides.Sides(cloud.central, cloud.vanilla, record, how)
        if how is recording.How.RECORD:
            record.write()
