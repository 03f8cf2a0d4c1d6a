# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Admin API in this process, on a database of its own."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_db.sqlalchemy import enginefacade
from oslo_policy import policy
import pytest
import sqlalchemy as sa
import webob

from tests import described
from tricircle.api import handler
from tricircle.api import policies
from tricircle.conf import api as api_conf
from tricircle.conf import client as client_conf
from tricircle.conf import database
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central import pods
from tricircle.db.central.models.adoptions import Adoption

ADMIN = 'admin,reader'
READER = 'reader'
MEMBER = 'member'
#: What the API reads of Neutron's tables.
_NEUTRONS = {
    'networks': ('id', 'name', 'project_id', 'availability_zone_hints'),
    'networkrbacs': ('object_id', 'target_project', 'action'),
    'networksegments': (
        'network_id',
        'network_type',
        'physical_network',
        'segmentation_id',
        'is_dynamic',
    ),
    'ml2_vlan_allocations': ('physical_network', 'vlan_id', 'allocated'),
    'ml2_vxlan_allocations': ('vxlan_vni', 'allocated'),
    'router_extra_attributes': ('router_id', 'availability_zone_hints'),
    'routers': ('id', 'name', 'project_id'),
    'routerports': ('router_id', 'port_id', 'port_type'),
    'ports': ('id', 'network_id', 'device_id'),
}


class Api:
    """The Admin API, and what it stands on.

    :ivar pods: IDs by region
    """

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        self.conf = conf = cfg.ConfigOpts()
        for area in (api_conf, client_conf, database):
            area.register(conf)
        conf([], project='tricircle')
        conf.set_override('tricircle_db_connection', url)
        conf.set_override('top_region_name', 'CentralRegion', 'client')
        sessions.configure(conf)
        metadata = central_models.Pod.metadata
        metadata.create_all(
            self._engine,
            tables=[
                model.__table__
                for model in (
                    central_models.Pod,
                    central_models.GoneRegion,
                    central_models.PodBinding,
                    central_models.ResourceRouting,
                    central_models.PortLocation,
                    central_models.ReservedPort,
                    central_models.RouterPiece,
                    central_models.BridgeNetwork,
                    central_models.JournalEntry,
                    central_models.Epoch,
                    central_models.HeldAddress,
                    central_models.HeldSegment,
                    Adoption,
                    central_models.RegionContact,
                    central_models.RegionDataPath,
                    central_models.NotedRelease,
                )
            ],
        )
        with self._engine.begin() as connection:
            for name, columns in _NEUTRONS.items():
                connection.execute(
                    sa.text(f'CREATE TABLE {name} ({", ".join(columns)})')
                )
        enforcer = policy.Enforcer(conf)
        enforcer.register_defaults(policies.list_rules())
        self.app = handler.Handler(conf, enforcer)
        with sessions.writer() as session:
            self.pods = {
                name: pods.create(session, name, zone).pod_id
                for name, zone in (
                    ('CentralRegion', ''),
                    ('RegionOne', 'az1'),
                    ('RegionTwo', 'az2'),
                )
            }

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        roles: str = ADMIN,
        project: str = 'admins',
    ) -> webob.Response:
        """Send a request; it and the answer are as they are described.

        :param path: what comes after the version
        """
        request = webob.Request.blank(
            f'/v1.0{path}',
            method=method,
            headers={
                'X-User-Id': 'u',
                'X-Project-Id': project,
                'X-Roles': roles,
            },
        )
        if body is not None:
            request.body = json.dumps(body).encode()
            request.content_type = 'application/json'
        answer = request.get_response(self.app)
        described.check(
            method,
            request.path_qs,
            request.body,
            answer.status_int,
            answer.json_body,
        )
        return answer

    def get(self, path: str, **options: Any) -> Any:
        """Return what is at a path."""
        answer = self.ask('GET', path, **options)
        assert answer.status_int == 200, answer.text
        return answer.json_body

    def refused(
        self, status: int, method: str, path: str, *args: Any, **options: Any
    ) -> str:
        """Return why a request is refused."""
        answer = self.ask(method, path, *args, **options)
        assert answer.status_int == status, answer.text
        (error,) = answer.json_body.values()
        assert error['code'] == status
        return str(error['message'])

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(
        sessions, '_manager', enginefacade.transaction_context()
    )
    made = Api(f'sqlite:///{tmp_path}/central.db')
    yield made
    made.close()
