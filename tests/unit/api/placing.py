# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks and routers in the tables of the Admin API's tests."""

from typing import Any
import uuid

import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.replica import types


def insert(table: str, *rows: dict[str, Any]) -> None:
    """Write rows of one of Neutron's tables."""
    columns = ', '.join(rows[0])
    values = ', '.join(f':{one}' for one in rows[0])
    with sessions.writer() as session:
        session.execute(
            sa.text(f'INSERT INTO {table} ({columns}) VALUES ({values})'),  # noqa: S608
            list(rows),
        )


def network(network_id: str, name: str, project: str) -> None:
    insert('networks', {'id': network_id, 'name': name, 'project_id': project})


def router(router_id: str, name: str, project: str) -> None:
    insert('routers', {'id': router_id, 'name': name, 'project_id': project})


def share(
    network_id: str, target: str, action: str = 'access_as_shared'
) -> None:
    insert(
        'networkrbacs',
        {'object_id': network_id, 'target_project': target, 'action': action},
    )


def link(
    router_id: str, network_id: str, kind: str = 'network:router_interface'
) -> None:
    """Have a network on a router."""
    port_id = str(uuid.uuid4())
    insert('ports', {'id': port_id, 'network_id': network_id})
    insert(
        'routerports',
        {'router_id': router_id, 'port_id': port_id, 'port_type': kind},
    )


def put(
    api: Api, resource_id: str, region: str, kind: str = types.NETWORK
) -> None:
    """Note that a resource is in a region."""
    with sessions.writer() as session:
        session.add(
            central_models.ResourceRouting(
                top_id=resource_id,
                bottom_id=resource_id,
                pod_id=api.pods[region],
                resource_type=kind,
            )
        )


def piece(api: Api, piece_id: str, router_id: str, region: str) -> None:
    """Note that a region has a piece of a router."""
    put(api, piece_id, region, types.ROUTER)
    with sessions.writer() as session:
        session.add(
            central_models.RouterPiece(
                piece_id=piece_id,
                pod_id=api.pods[region],
                router_id=router_id,
            )
        )


def bridge(network_id: str, router_id: str) -> None:
    """Have the pieces of a router meet on a network."""
    with sessions.writer() as session:
        session.add(
            central_models.BridgeNetwork(
                network_id=network_id, router_id=router_id
            )
        )
