# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region's Neutron in one process, on SQLite: ML2, routers and tags."""

from collections.abc import Callable, Iterator
import contextlib
import contextvars
from typing import Any, ClassVar
from unittest import mock

from neutron.api import extensions
from neutron.conf.plugins.ml2 import config as ml2_conf
from neutron.conf.plugins.ml2.drivers import driver_type as vxlan_conf
from neutron.plugins.common.constants import DEFAULT_SERVICE_PLUGINS
from neutron.services.qos import qos_plugin
from neutron.tests.common import test_db_base_plugin_v2 as neutron_tests
from neutron.tests.unit import testlib_api
from neutron_lib import context as neutron_context
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.conf import client as client_conf
from tricircle.conf import fault_point
from tricircle.conf import local as local_conf
from tricircle.db.local import models as local_models
from tricircle.db.local.models import Replica
from tricircle.local.engine import apply
from tricircle.local.process import service_plugins
from tricircle.local.telling import outbox
from tricircle.local.telling import sender as outbox_sender
from tricircle.replica.document import Document
from tricircle.replica.messages import AppliedBody

CORE_PLUGIN = 'tricircle.network.local_plugin.TricirclePlugin'
L3_PLUGIN = 'tricircle.network.local_l3_plugin.TricircleL3Plugin'

_STEPS = (
    'local.apply.leased',
    'local.apply.observed',
    'local.apply.step',
    'local.apply.done',
)


@contextlib.contextmanager
def interrupted(number: int, act: Callable[[], object]) -> Iterator[list[int]]:
    """Do something as somebody else, at the nth step of what is in here.

    :returns: the number of steps so far, as the only item of a list
    """
    steps = [0]
    acting = False

    def reach(name: str) -> None:
        nonlocal acting
        if name not in _STEPS or acting:
            return
        steps[0] += 1
        if steps[0] == number:
            acting = True
            # Whoever it is holds and does nothing of this thread's.
            contextvars.Context().run(act)
            acting = False

    with mock.patch.object(fault_point, 'reach', reach):
        yield steps


class PluginTestCase(neutron_tests.NeutronDbPluginV2TestCase):
    """RegionOne, to which nobody but the test sends documents."""

    #: Of ML2.
    extension_drivers: ClassVar[list[str]] = ['port_security']
    #: Service plugins beside the router plugin, by any key.
    service_plugins: ClassVar[dict[str, str]] = {}

    def setUp(self) -> None:
        # A region changes Neutron's classes for good; a test is not alone.
        for requiring in service_plugins._REQUIRING:
            self.addCleanup(
                setattr,
                requiring,
                'required_service_plugins',
                requiring.required_service_plugins,
            )
        local_conf.register(cfg.CONF)
        client_conf.register(cfg.CONF)
        for name, value in (
            ('local_region_name', 'RegionOne'),
            ('central_neutron_url', 'http://127.0.0.1:9'),
        ):
            cfg.CONF.set_override(name, value, group=local_conf.GROUP)
        for patch in (
            # Nobody reads the outbox but the test.
            mock.patch.object(
                outbox_sender.OutboxSender, 'start', autospec=True
            ),
            mock.patch.object(outbox, '_starters', []),
            # A region puts its own there.
            mock.patch.object(qos_plugin, 'QoSPlugin', qos_plugin.QoSPlugin),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        ml2_conf.register_ml2_plugin_opts()
        vxlan_conf.register_ml2_drivers_vxlan_opts()
        for name, value in (
            ('extension_drivers', self.extension_drivers),
            ('type_drivers', ['vxlan', 'local']),
            ('project_network_types', ['vxlan']),
            ('mechanism_drivers', ['openvswitch', 'l2population']),
        ):
            cfg.CONF.set_override(name, value, group='ml2')
        cfg.CONF.set_override('vni_ranges', ['1:1000'], group='ml2_type_vxlan')
        super().setUp(
            CORE_PLUGIN,
            service_plugins={
                'l3_plugin_name': L3_PLUGIN,
                # What Neutron always loads, except in its own tests.
                **{name: name for name in DEFAULT_SERVICE_PLUGINS},
                **self.service_plugins,
            },
        )
        self.plugin = directory.get_plugin()
        self.l3_plugin = directory.get_plugin(constants.L3)
        self.context = neutron_context.get_admin_context()

        self._api = extensions.ExtensionMiddleware(
            self.api,
            ext_mgr=extensions.PluginAwareExtensionManager.get_instance(),
        )

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a request as XJob does; return status and body."""
        request = testlib_api.create_request(
            f'{path}.json',
            None if body is None else self.serialize(body),
            'application/json',
            method,
        )
        request.environ['neutron.context'] = neutron_context.Context(
            user_id='u', project_id='service', roles=['service', 'admin']
        )
        response = request.get_response(self._api)
        return response.status_int, (
            response.json_body if response.body else {}
        )

    def apply(self, *documents: Document) -> list[AppliedBody]:
        """Carry out documents; each must be reached."""
        applied = [apply.apply(self.context, one) for one in documents]
        for one in applied:
            self.assertEqual(one['desired'], one['digest'], one)
        return applied

    def at_step(
        self, number: int, act: Callable[[Document], Any], document: Document
    ) -> list[int]:
        """Do something as somebody else, at the nth step of what follows.

        A step is a transaction that writes, of a thread that holds a lease,
        or the look at what is here; the other acts before it, or after that
        look, while the first waits.

        :returns: a list that gets the number of steps, as its only item
        """
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.undo_step = stack.close
        return stack.enter_context(interrupted(number, lambda: act(document)))

    def heard_of_ports(self, event: str, key: str) -> list[Any]:
        """Listen to what happens to ports from now on.

        :returns: a list that gets an attribute of each
        """
        heard: list[Any] = []

        def note(*args: Any, payload: events.DBEventPayload) -> None:
            heard.append(payload.latest_state[key])

        registry.subscribe(note, resources.PORT, event)
        self.addCleanup(registry.unsubscribe, note, resources.PORT, event)
        return heard

    def row(self, resource_type: str, resource_id: str) -> Any:
        """Return a row of the ledger, None when there is none."""
        with db_api.CONTEXT_READER.using(self.context):
            return self.context.session.execute(
                sa.select(Replica.__table__).where(
                    Replica.resource_type == resource_type,
                    Replica.resource_id == resource_id,
                )
            ).one_or_none()

    def waiting(self) -> set[tuple[str, str]]:
        """Return what central is yet to hear of."""
        entry = local_models.OutboxEntry
        with db_api.CONTEXT_READER.using(self.context):
            return {
                (row.resource_type, row.resource_id)
                for row in self.context.session.execute(
                    sa.select(entry.resource_type, entry.resource_id)
                )
            }
