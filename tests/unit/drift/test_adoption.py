# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from collections.abc import Iterator
import itertools

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables
from tricircle.db.central import presence
from tricircle.db.central.port import releases as port_releases
from tricircle.drift import adoption
from tricircle.journal import intent
from tricircle.replica import types

MODELS = (
    central_models.Pod,
    central_models.JournalEntry,
    central_models.Epoch,
    central_models.ResourceRouting,
    central_models.PortLocation,
)


@pytest.fixture
def session() -> Iterator[orm.Session]:
    engine = sa.create_engine('sqlite://')
    central_models.Pod.metadata.create_all(
        engine,
        tables=[
            *(model.__table__ for model in MODELS),
            neutron_tables.standard_attributes,
            neutron_tables.networks,
            neutron_tables.segments,
            neutron_tables.groups,
            neutron_tables.ports,
            neutron_tables.port_groups,
        ],
    )
    with orm.Session(engine) as found:
        for name in ('RegionOne', 'RegionTwo'):
            found.add(
                central_models.Pod(
                    pod_id=f'pod-{name}', region_name=name, az_name='az'
                )
            )
        found.flush()
        yield found
    engine.dispose()


numbers = itertools.count(1)


def insert(session: orm.Session, table: sa.Table, **values: object) -> None:
    if 'standard_attr_id' in table.c:
        values['standard_attr_id'] = next(numbers)
    session.execute(sa.insert(table).values(**values))


def network(session: orm.Session, network_type: str = 'vxlan') -> None:
    insert(session, neutron_tables.networks, id='net', project_id='p')
    insert(
        session,
        neutron_tables.segments,
        id='segment',
        network_id='net',
        network_type=network_type,
        segment_index=0,
        is_dynamic=False,
    )


def port(session: orm.Session) -> None:
    network(session)
    insert(
        session,
        neutron_tables.ports,
        id='port',
        project_id='p',
        network_id='net',
        mac_address='fa:16:3e:00:00:01',
        admin_state_up=True,
        status='ACTIVE',
        device_id='instance',
        device_owner='compute:nova',
    )


def counter(
    session: orm.Session, resource_type: str, resource_id: str
) -> list[tuple[str, int]]:
    return [
        (one.region, one.counter)
        for one in intent.states(session, resource_type, resource_id)
    ]


def test_a_network_is_present_again_and_its_intent_a_later_one(session):
    network(session)

    adoption.adopt(session, 'RegionOne', types.NETWORK, {'net': 7})

    assert presence.regions_of(session, types.NETWORK, 'net') == ['RegionOne']
    assert counter(session, types.NETWORK, 'net') == [('RegionOne', 8)]
    # It may be in others too.
    adoption.adopt(session, 'RegionTwo', types.NETWORK, {'net': 1})
    assert presence.regions_of(session, types.NETWORK, 'net') == [
        'RegionOne',
        'RegionTwo',
    ]


def test_a_network_of_type_local_is_in_one_region_only(session):
    network(session, 'local')

    for region in ('RegionTwo', 'RegionOne'):
        adoption.adopt(session, region, types.NETWORK, {'net': 1})

    assert presence.regions_of(session, types.NETWORK, 'net') == ['RegionTwo']


@pytest.mark.parametrize(
    'resource_type', [types.NETWORK, types.SECURITY_GROUP, types.PORT]
)
def test_what_central_has_no_more_is_removed_and_present_nowhere(
    session, resource_type
):
    adoption.adopt(session, 'RegionOne', resource_type, {'gone': 3})

    assert presence.regions_of(session, resource_type, 'gone') == []
    assert counter(session, resource_type, 'gone') == [('RegionOne', 4)]


def test_a_port_is_present_again_and_located(session):
    port(session)

    adoption.adopt(session, 'RegionOne', types.PORT, {'port': 1})

    location = session.get(central_models.PortLocation, 'port')
    assert presence.regions_of(session, types.PORT, 'port') == ['RegionOne']
    assert (location.pod_id, location.device_id) == (
        'pod-RegionOne',
        'instance',
    )
    assert not port_releases.is_wanted(session, 'port', 'RegionOne')


@pytest.mark.parametrize('lost', ['the journal only', 'presence, too'])
def test_a_port_of_another_region_stays_there(session, lost):
    port(session)
    adoption.adopt(session, 'RegionTwo', types.PORT, {'port': 1})
    if lost == 'presence, too':
        session.execute(sa.delete(central_models.ResourceRouting))

    adoption.adopt(session, 'RegionOne', types.PORT, {'port': 5})

    location = session.get(central_models.PortLocation, 'port')
    assert location.pod_id == 'pod-RegionTwo'
    assert 'RegionOne' not in presence.regions_of(session, types.PORT, 'port')
    assert presence.held_elsewhere(session, 'port', 'RegionOne') == 'RegionTwo'
    assert presence.held_elsewhere(session, 'port', 'RegionTwo') is None
    # The job asks RegionOne to give its copy up.
    assert ('RegionOne', 6) in counter(session, types.PORT, 'port')
