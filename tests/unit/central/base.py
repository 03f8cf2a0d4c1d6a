# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central Neutron in one process, on SQLite, through its API."""

from collections.abc import Callable
from typing import Any, ClassVar
from unittest import mock
import uuid

from neutron.plugins.common.constants import DEFAULT_SERVICE_PLUGINS
from neutron.tests.common import test_db_base_plugin_v2 as neutron_tests
from neutron_lib import context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.central import l3_plugin
from tricircle.conf import central as central_config
from tricircle.db.central import models as central_models
from tricircle.journal import intent

_COUNTED = ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
CORE_PLUGIN = 'tricircle.network.central_plugin.TricirclePlugin'


class CentralTestCase(neutron_tests.NeutronDbPluginV2TestCase):
    """Central with the pods CentralRegion, RegionOne/Two/Three."""

    #: Service plugins beside the router plugin, by any key.
    service_plugins: ClassVar[dict[str, str]] = {}

    def setUp(self) -> None:
        central_config.register(cfg.CONF)
        self.configure()
        self.set_options()
        super().setUp(
            CORE_PLUGIN,
            service_plugins={
                'l3_plugin_name': l3_plugin.NAME,
                # What Neutron always loads, except in its own tests.
                **{name: name for name in DEFAULT_SERVICE_PLUGINS},
                **self.service_plugins,
            },
        )
        self.plugin = directory.get_plugin()
        self.l3_plugin = directory.get_plugin(constants.L3)
        self.context = context.get_admin_context()
        self.add_pod('CentralRegion', '')
        self.add_pod('RegionOne', 'az1')
        self.add_pod('RegionTwo', 'az2')
        self.add_pod('RegionThree', 'az2')
        self.woken = mock.patch.object(
            intent.wakeup, 'after_commit', autospec=True
        ).start()

    def set_options(self) -> None:
        """Set what a configuration file would."""

    def configure(self) -> None:
        self.set_option('vni_ranges', ['1001:2000'])
        self.set_option(
            'network_vlan_ranges', ['bridge:101:110', 'extern:201:210']
        )

    @staticmethod
    def set_option(
        name: str, value: Any, group: str | None = central_config.GROUP
    ) -> None:
        cfg.CONF.set_override(name, value, group=group)

    def add_pod(self, region_name: str, az_name: str) -> str:
        pod_id = str(uuid.uuid4())
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.add(
                central_models.Pod(
                    pod_id=pod_id,
                    region_name=region_name,
                    az_name=az_name,
                    pod_az_name='',
                    dc_name='',
                )
            )
        return pod_id

    def change_pod(self, region_name: str, **values: str) -> None:
        """Change a pod, as the administrator API does."""
        pod = central_models.Pod
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(pod)
                .where(pod.region_name == region_name)
                .values(**values)
            )

    def name_identity(
        self, region_name: str, user_id: str = '', project_id: str = ''
    ) -> None:
        """Say on a pod who acts for its region."""
        self.change_pod(
            region_name,
            service_user_id=user_id,
            service_project_id=project_id,
        )

    def put_into(
        self,
        region_name: str,
        resource_type: str,
        resource_id: str,
        project_id: str | None = None,
    ) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            pod_id = session.scalar(
                sa.select(central_models.Pod.pod_id).where(
                    central_models.Pod.region_name == region_name
                )
            )
            session.add(
                central_models.ResourceRouting(
                    top_id=resource_id,
                    bottom_id=resource_id,
                    pod_id=pod_id,
                    project_id=project_id or self._project_id,
                    resource_type=resource_type,
                )
            )

    def locate(
        self, port_id: str, network_id: str, host: str, vif_type: str
    ) -> None:
        """Note that RegionOne reported a port bound to a host."""
        with db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            pod_id = session.scalar(
                sa.select(central_models.Pod.pod_id).where(
                    central_models.Pod.region_name == 'RegionOne'
                )
            )
            session.add(
                central_models.PortLocation(
                    port_id=port_id,
                    pod_id=pod_id,
                    network_id=network_id,
                    host=host,
                    vif_type=vif_type,
                )
            )

    def count(self, act: Callable[[], Any]) -> int:
        """Return how many queries and changes something sends."""
        sent: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.partition(' ')[0] in _COUNTED:
                sent.append(statement)

        engine = self.context.session.get_bind()
        sa.event.listen(engine, 'before_cursor_execute', note)
        try:
            act()
        finally:
            sa.event.remove(engine, 'before_cursor_execute', note)
        return len(sent)

    def intents(self) -> dict[tuple[str, str, str], int]:
        """Return counters by (type, ID, region)."""
        with db_api.CONTEXT_READER.using(self.context):
            return {
                (
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                ): row.counter
                for row in self.context.session.execute(
                    sa.select(central_models.JournalEntry.__table__)
                )
            }

    def forget_intents(self) -> None:
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.delete(central_models.JournalEntry)
            )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        expected: int | None = None,
    ) -> Any:
        """Make an admin's request; check its status; return the answer."""
        request = self._admin_req(method, path.strip('/'), body)
        response = request.get_response(self.api)
        if expected is not None:
            self.assertEqual(expected, response.status_int, response.body)
        return response.json_body if response.body else None
