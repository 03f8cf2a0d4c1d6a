# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""RegionOne's Neutron in this process, as tests of a cloud know a region.

**Deaths.** :meth:`Region.arm` names a fault point, as for a process of a
cloud. Who reaches it is thrown out by an exception that no ``except
Exception`` catches, and from that moment on no statement reaches the
database, and no agent is told anything, until :meth:`Region.start`: what an
``except`` or a ``finally`` would still write, give back or tell is lost, as
it is with the process. Transactions that are open roll back, as the server
does with those of a connection that is gone. After the start the region is
another holder of leases, and the one before counts as dead, as
:mod:`tricircle.db.owner` finds of a process.

What a death here leaves, and a kill would not, is what the process keeps in
memory; a region keeps nothing there that it does not read again. One real
``kill -9`` of each family of tests is in :mod:`tests.functional`.
"""

import collections
from collections.abc import Callable, Iterator, Mapping, Sequence
import contextlib
import contextvars
import json
import os
from typing import Any
from unittest import mock
import urllib.parse

from neutron import auth
from neutron.api.rpc.handlers import l3_rpc
from neutron_lib import context as neutron_context
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_utils import timeutils
import requests
import requests.adapters
import sqlalchemy as sa
from sqlalchemy import event
import webob

from tests.functional import cloud as clouds
from tests.functional.cloud import hosts
from tests.functional.cloud import roles
from tests.unit.local import plugin_base
from tricircle.conf import fault_point
from tricircle.db import owner

NAME = 'RegionOne'
URL = 'http://region.invalid'
HOST = 'regionone-host1'
#: Seconds that no module of tests takes.
_NEVER = 86400

Row = dict[str, Any]


class Died(BaseException):
    """The region is dead; of no kind that anything but a test catches."""


class Database:
    """The region's database, asked as that of a cloud is."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def query(self, statement: str, *values: object) -> list[Row]:
        """Return the rows that a SELECT finds."""
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql(_sqlite(statement), values)
            return [dict(row) for row in found.mappings()]

    def execute(self, statement: str, *values: object) -> int:
        """Return how many rows a statement changed."""
        with self._engine.begin() as connection:
            return connection.exec_driver_sql(
                _sqlite(statement), values
            ).rowcount


def _sqlite(statement: str) -> str:
    return statement.replace('%s', '?')


class Agents:
    """The agents of the region, which report and ask by themselves.

    Their calls go to the endpoints of Neutron's RPC worker.
    """

    def add(
        self,
        host: str,
        tunnel_ip: str | None = None,
        agent_type: str = hosts.OVS_AGENT,
        **configurations: object,
    ) -> None:
        """Have an agent report, for the first time or again."""
        if agent_type == hosts.OVS_AGENT:
            configurations = {
                'tunneling_ip': tunnel_ip,
                'tunnel_types': ['vxlan'],
                'bridge_mappings': roles.bridge_mappings(),
                'l2_population': True,
                'datapath_type': 'netdev',
                **configurations,
            }
        directory.get_plugin().create_or_update_agent(
            neutron_context.get_admin_context(),
            {
                'agent_type': agent_type,
                'binary': agent_type.lower().replace(' ', '-'),
                'topic': {hosts.L3_AGENT: 'l3_agent'}.get(agent_type, 'N/A'),
                'host': host,
                'availability_zone': 'nova',
                'configurations': {'agent_mode': 'legacy', **configurations},
                'start_flag': True,
            },
            timeutils.utcnow(),
        )

    def call(
        self,
        command: str,
        method: str,
        arguments: Mapping[str, Any],
        topic: str,
        version: str = '1.0',
    ) -> Any:
        """Make a call of an L3 agent."""
        if (command, topic) != ('call', 'q-l3-plugin'):
            raise LookupError(f'{command} {topic}: nobody answers here')
        endpoint = l3_rpc.L3RpcCallback()
        answer = contextvars.Context().run(
            getattr(endpoint, method),
            neutron_context.get_admin_context(),
            **arguments,
        )
        # As it is after the way over the wire.
        return json.loads(json.dumps(answer, default=str))


class _Transport(requests.adapters.BaseAdapter):
    """Takes requests to the API in this process."""

    def __init__(self, api: Any, is_dead: Callable[[], bool]) -> None:
        super().__init__()
        self._api = api
        self._is_dead = is_dead

    def send(
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Have a request answered, in a context of its own as a thread."""
        url = urllib.parse.urlsplit(str(request.url))
        asked = webob.Request.blank(
            urllib.parse.urlunsplit(
                ('', '', url.path.removeprefix('/v2.0'), url.query, '')
            ),
            base_url=URL,
            method=str(request.method),
            headers=dict(request.headers),
            body=_bytes(request.body),
        )
        try:
            answer = contextvars.Context().run(asked.get_response, self._api)
        except Died as exc:
            raise requests.ConnectionError(str(exc)) from exc
        if self._is_dead():
            raise requests.ConnectionError('the region is dead')
        response = requests.Response()
        response.status_code = answer.status_int
        response.headers.update(answer.headers)
        response._content = answer.body
        response.encoding = 'utf-8'
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else (body or '').encode()


class Client(clouds.NeutronClient):
    """Calls the API in this process as one identity."""

    def __init__(
        self, transport: _Transport, identity: clouds.Identity
    ) -> None:
        super().__init__(URL, identity)
        self._session.mount(URL, transport)


class Counted:
    """Statements that the region sent, by their verb in upper case."""

    def __init__(self) -> None:
        self.verbs: collections.Counter[str] = collections.Counter()

    @property
    def selects(self) -> int:
        """How many only read."""
        return self.verbs['SELECT']

    @property
    def updates(self) -> int:
        """How many changed rows."""
        return sum(self.verbs[one] for one in ('INSERT', 'UPDATE', 'DELETE'))

    def __repr__(self) -> str:
        return f'Counted({dict(self.verbs)})'


class _Running(plugin_base.PluginTestCase):
    """The plugins, loaded as for a test of Neutron's own."""

    def runTest(self) -> None:
        """Be a test case, though none that runs."""


class Region:
    """RegionOne; nobody but the test sends documents, nothing is reported."""

    region_name = NAME

    def __init__(self, running: _Running) -> None:
        self.database = Database(running.engine)
        self.hosts = self.agent_rpc = Agents()
        self._transport = _Transport(
            auth.NeutronKeystoneContext(running._api), lambda: self._dead
        )
        self._armed: tuple[str, int] | None = None
        self._dead = False
        self._counting: list[Counted] = []
        self._lives = 0
        self._next_life()
        event.listen(running.engine, 'before_cursor_execute', self._execute)
        running.addCleanup(
            event.remove,
            running.engine,
            'before_cursor_execute',
            self._execute,
        )
        for target, name, replacement in (
            (fault_point, 'reach', self._reach),
            (owner, 'this_process', self._this_process),
            (owner, 'is_dead', self._is_gone),
        ):
            patch = mock.patch.object(target, name, replacement)
            patch.start()
            running.addCleanup(patch.stop)

    # -- who calls ----------------------------------------------------------

    def _as(self, *arguments: Any, **options: Any) -> Client:
        return Client(self._transport, clouds.Identity(*arguments, **options))

    def client(
        self, project: str, roles: tuple[str, ...] = clouds.MEMBER
    ) -> Client:
        """Return a client of somebody in a project."""
        return self._as(project, f'user-of-{project}', roles)

    @property
    def admin(self) -> Client:
        """A client of the operator."""
        return self._as('admin-project', 'admin-user', clouds.ADMIN)

    @property
    def service(self) -> Client:
        """A client of a service, such as XJob or Nova."""
        return self._as('service-project', 'nova', clouds.SERVICE)

    # -- counting -----------------------------------------------------------

    @contextlib.contextmanager
    def count_statements(self) -> Iterator[Counted]:
        """Count the statements of the body."""
        counted = Counted()
        self._counting.append(counted)
        try:
            yield counted
        finally:
            self._counting.remove(counted)

    # -- dying --------------------------------------------------------------

    def arm(self, point: str) -> None:
        """Die at a fault point, or at the nth time as in ``name:2``."""
        name, _, number = point.partition(':')
        self._armed = name, int(number or 1)

    def wait_death(self) -> None:
        """Assert that the region has died."""
        assert self._dead, f'nothing reached {self._armed}'

    def start(self) -> None:
        """Live again, as another process."""
        self._armed = None
        self._dead = False
        self._next_life()

    def heal(self) -> None:
        """Undo what a test did to the region."""
        if self._dead or self._armed is not None:
            self.start()

    def _next_life(self) -> None:
        self._lives += 1

    def _this_process(self, name: str) -> owner.Owner:
        return owner.Owner(name, 'here', os.getpid(), self._lives)

    def _is_gone(self, held_by: str) -> bool:
        found = owner.read(held_by)
        return found is not None and found.started != self._lives

    def _reach(self, name: str) -> None:
        self._refuse_the_dead()
        if self._armed is None or self._armed[0] != name:
            return
        self._armed = name, self._armed[1] - 1
        if self._armed[1] == 0:
            self._armed = None
            self._dead = True
            raise Died('the region is dead')

    def _refuse_the_dead(self) -> None:
        # An ordinary error: for any other SQLAlchemy gives up the connection,
        # and with it this database, which is in memory.
        if self._dead:
            raise ConnectionError('the region is dead')

    def _execute(
        self,
        connection: Any,
        cursor: Any,
        statement: str,
        *arguments: Any,
    ) -> None:
        # The server's way with what a connection leaves open.
        if not statement.startswith('ROLLBACK'):
            self._refuse_the_dead()
        for counted in self._counting:
            counted.verbs[statement.split(maxsplit=1)[0].upper()] += 1


@contextlib.contextmanager
def running(
    *service_plugins: str,
    extension_drivers: Sequence[str] = ('port_security',),
) -> Iterator[Region]:
    """Run a region, with a host and nothing else.

    :param service_plugins: beside the router plugin
    :param extension_drivers: of ML2
    """
    case = _Running()
    case.extension_drivers = list(extension_drivers)
    case.service_plugins = {one: one for one in service_plugins}
    case.setUp()
    try:
        region = Region(case)
        # A module's tests may take longer than an agent may be silent.
        cfg.CONF.set_override('agent_down_time', _NEVER)
        region.hosts.add(HOST, '172.30.1.11')
        yield region
    finally:
        case.doCleanups()
