# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A whole cloud: central Neutron, regions, and Tricircle's processes."""

from collections.abc import Iterable, Iterator, Sequence
import concurrent.futures
import contextlib
import importlib.util
import threading
import time
import types
from typing import Any, Self
import uuid

from tests.functional.cloud import configuration
from tests.functional.cloud import daemons
from tests.functional.cloud import fault_proxy
from tests.functional.cloud import faults
from tests.functional.cloud import hosts
from tests.functional.cloud import mariadb
from tests.functional.cloud import neutron
from tests.functional.cloud import nova
from tests.functional.cloud import process
from tests.functional.cloud import roles
from tests.functional.cloud import schema
from tests.functional.cloud import workspace as workspaces

_ORDINALS = ('One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven')


def region_number(name: str) -> int:
    """Return 1 for RegionOne, 2 for RegionTwo and so on; else 0."""
    ordinal = name.removeprefix('Region')
    return _ORDINALS.index(ordinal) + 1 if ordinal in _ORDINALS else 0


class Region(neutron.NeutronProcess):
    """A region's Neutron, its hosts, and the proxies on its ways.

    :attr:`to_central` is the region's way to central, :attr:`from_xjob` the
    daemons' way to the region.
    """

    to_central: fault_proxy.FaultProxy
    from_xjob: fault_proxy.FaultProxy
    region_name: str

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.hosts = hosts.Hosts(self.database)
        self.agent_rpc = hosts.AgentRpc(self)

    def arm(self, fault_point: str) -> None:
        """Have the API process kill itself, once, at a fault point.

        The RPC process sends the outbox as well, and would now and then be
        the one that does; it starts again with the next call of an agent.
        """
        if fault_point.startswith('local.outbox.'):
            self.agent_rpc.kill9()
        super().arm(fault_point)

    def add_host(self, host: str, tunnel_ip: str | None = None) -> str:
        """Add a host with an Open vSwitch agent; ports can be bound there.

        :returns: the ID of the agent
        """
        self.default_host = self.default_host or host
        return self.hosts.add(host, tunnel_ip)

    def change_tunnel_ip(self, host: str, tunnel_ip: str) -> None:
        """Let a host's agent report another address, by RPC."""
        self.agent_reports_state(host, tunnel_ip)

    def agent_reports_state(self, host: str, tunnel_ip: str) -> None:
        """Report as an Open vSwitch agent does when it has started."""
        self.agent_rpc.call(
            'report_state',
            state={
                'agent_type': hosts.OVS_AGENT,
                'binary': 'neutron-openvswitch-agent',
                'topic': 'N/A',
                'host': host,
                'availability_zone': 'nova',
                'configurations': {
                    'tunneling_ip': tunnel_ip,
                    'tunnel_types': ['vxlan'],
                    'bridge_mappings': roles.bridge_mappings(),
                    'l2_population': True,
                    'arp_responder_enabled': True,
                    'datapath_type': 'netdev',
                },
            },
        )
        self.hosts.refresh(host)

    def agent_reports_up(self, port_id: str, host: str) -> None:
        """Say that the host's agent has wired a port: it becomes ACTIVE."""
        self.agent_rpc.call('up', port=port_id, host=host)

    def agent_reports_down(self, port_id: str, host: str) -> None:
        """Say that the host's agent no longer has a port."""
        self.agent_rpc.call('down', port=port_id, host=host)

    def nova(self, project: str = 'p1', user: str | None = None) -> nova.Nova:
        """Return the region's compute service, working for a project."""
        return nova.Nova(self, project, user)


class Cloud:
    """Central Neutron and its regions, on a MariaDB of their own.

    :param build: which plugins
    :param regions: names; the first ones can be RegionOne, RegionTwo, ...
    :param xjobs: how many journal daemons
    :param proxied: whether proxies stand between the Neutrons. Without,
        calls cannot be counted nor disturbed, but are as fast as can be
    :param central: more options for central
    :param region: more options for every region
    :param xjob: more options for the journal daemons
    :param vanilla: whether a stock Neutron runs beside, to compare with
    :param vanilla_options: more options for that one
    :param processes: uWSGI workers of each Neutron
    :param threads: request threads of each of these
    """

    def __init__(
        self,
        build: roles.Build = roles.Build.TRICIRCLE,
        regions: Sequence[str] = ('RegionOne', 'RegionTwo'),
        xjobs: int = 1,
        admin_api: bool = True,
        proxied: bool = True,
        vanilla: bool = False,
        central: configuration.Options | None = None,
        region: configuration.Options | None = None,
        xjob: configuration.Options | None = None,
        vanilla_options: configuration.Options | None = None,
        processes: int = 1,
        threads: int = 8,
    ) -> None:
        self.build = build
        self.workspace = workspaces.Workspace()
        #: how many seconds each part of start() took
        self.start_times: dict[str, float] = {}
        self.mariadb = mariadb.PrivateMariaDB(self.workspace)
        self.schemas = schema.SchemaCache(self.mariadb)
        #: all calls of all regions to central
        self.central_calls = faults.CallRecord()
        #: all calls of the journal daemons to regions
        self.region_calls = faults.CallRecord()
        self.central: neutron.NeutronProcess
        self.vanilla: Region
        self.regions: dict[str, Region] = {}
        self.xjobs: list[daemons.XJob] = []
        self.admin_api: daemons.AdminApi | None = None
        self._first_regions = tuple(regions)
        self._wanted_xjobs = xjobs if self._tricircle else 0
        self._wants_admin_api = (
            admin_api
            and self._tricircle
            and importlib.util.find_spec('tricircle.cmd.api') is not None
        )
        self._wants_vanilla = vanilla
        self._proxied = proxied
        self._central_options = central
        self._region_options = region
        self._xjob_options = xjob
        self._vanilla_options = vanilla_options
        self._concurrency: dict[str, Any] = {
            'processes': processes,
            'threads': threads,
        }
        self._lock = threading.RLock()

    @property
    def _tricircle(self) -> bool:
        return self.build is roles.Build.TRICIRCLE

    # -- life ---------------------------------------------------------------

    @classmethod
    def start(cls, **options: Any) -> Self:
        """Make a cloud and start it; the parameters are the class's."""
        cloud = cls(**options)
        try:
            cloud.bring_up()
        except BaseException:
            cloud.close()
            raise
        return cloud

    def bring_up(self) -> None:
        """Start everything and register the regions."""
        with self._timed('total'):
            # They import while the databases are made.
            self.workspace.warm_parent(neutron.NeutronProcess.warm)
            if self._wanted_xjobs or self._wants_admin_api:
                self.workspace.warm_parent(daemons.TricircleProcess.warm)
            with self._timed('mariadb'):
                self.mariadb.initialise()
                self.mariadb.start()
            with self._timed('databases'):
                self._make_central()
                for name in self._first_regions:
                    self._make_region(name)
                if self._wants_vanilla:
                    self._make_vanilla()
                self._make_daemons()
            with self._timed('processes'):
                _all_at_once(self.processes)
            self._register_pods()

    def close(self) -> None:
        """End everything and remove its traces."""
        for proxy in self.proxies:
            proxy.heal()
            proxy.stop()
        self.workspace.close()

    def heal(self) -> None:
        """Undo what a test did to processes and proxies."""
        with self._lock:
            for proxy in self.proxies:
                proxy.heal()
            if not self.mariadb.alive:
                self.mariadb.start()
            for item in self.processes:
                item.disarm()
            broken = [p for p in self.processes if not p.intact]
            for item in broken:
                item.kill9()
            _all_at_once(broken)
            for region in self.regions.values():
                if not region.agent_rpc.intact:
                    region.agent_rpc.kill9()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.start_times[what] = time.monotonic() - started

    # -- parts --------------------------------------------------------------

    def region(self, name: str) -> Region:
        """Return a region by its name, or by ``One`` for RegionOne."""
        return self.regions.get(name) or self.regions[f'Region{name}']

    @property
    def one(self) -> Region:
        """RegionOne."""
        return self.regions['RegionOne']

    @property
    def two(self) -> Region:
        """RegionTwo."""
        return self.regions['RegionTwo']

    @property
    def three(self) -> Region:
        """RegionThree; see add_region()."""
        return self.regions['RegionThree']

    @property
    def xjob(self) -> daemons.XJob:
        """The first journal daemon."""
        return self.xjobs[0]

    @property
    def processes(self) -> list[process.Process]:
        """All processes that run on the database, not the server itself."""
        found: list[process.Process] = []
        if hasattr(self, 'central'):
            found.append(self.central)
        found += self.regions.values()
        if hasattr(self, 'vanilla'):
            found.append(self.vanilla)
        if self.admin_api:
            found.append(self.admin_api)
        found += self.xjobs
        return found

    @property
    def all_processes(self) -> list[process.Process]:
        """All processes that were ever started."""
        rpc = [region.agent_rpc for region in self.regions.values()]
        return [
            self.mariadb,
            *self.processes,
            *(item for item in rpc if item.was_started),
        ]

    @property
    def proxies(self) -> list[fault_proxy.FaultProxy]:
        """All proxies between the Neutrons."""
        return [
            proxy
            for region in self.regions.values()
            for proxy in (region.to_central, region.from_xjob)
        ]

    def _schema(self, wanted: schema.Schema) -> schema.Schema:
        return wanted if self._tricircle else schema.Schema.VANILLA

    def _make_central(self) -> None:
        database = self.schemas.create_database(
            'central', self._schema(schema.Schema.CENTRAL)
        )
        self.central = neutron.NeutronProcess(
            self.workspace,
            'central',
            database,
            configuration.merged(
                roles.central_options(self.build, database.url),
                self._central_options,
            ),
            **self._concurrency,
        )

    def _make_region(self, name: str) -> Region:
        port = self.workspace.ports.take()
        to_central = fault_proxy.FaultProxy(
            f'{name}-to-central',
            self.central.url,
            self.workspace.ports.take(),
            self.central_calls,
        )
        region = Region(
            self.workspace,
            name,
            self.schemas.create_database(
                f'{name.lower()}', self._schema(schema.Schema.REGION)
            ),
            configuration.merged(
                roles.region_options(
                    self.build,
                    name,
                    to_central.url if self._proxied else self.central.url,
                ),
                self._region_options,
            ),
            port=port,
            **self._concurrency,
        )
        region.region_name = name
        region.to_central = to_central
        region.from_xjob = fault_proxy.FaultProxy(
            f'xjob-to-{name}',
            region.url,
            self.workspace.ports.take(),
            self.region_calls,
        )
        to_central.start()
        region.from_xjob.start()
        number = region_number(name)
        if number:
            for host in (1, 2):
                region.add_host(
                    f'{name.lower()}-host{host}', f'172.30.{number}.1{host}'
                )
        self.regions[name] = region
        return region

    def _make_vanilla(self) -> None:
        self.vanilla = Region(
            self.workspace,
            'vanilla',
            self.schemas.create_database('vanilla', schema.Schema.VANILLA),
            configuration.merged(
                roles.vanilla_options(), self._vanilla_options
            ),
            **self._concurrency,
        )
        self.vanilla.region_name = 'vanilla'
        self.vanilla.add_host('vanilla-host1', '172.30.99.11')

    def _make_daemons(self) -> None:
        for _number in range(self._wanted_xjobs):
            self._make_xjob()
        if self._wants_admin_api:
            self.admin_api = daemons.AdminApi(
                self.workspace,
                'tricircle-api',
                self.central.database.for_user('admin_api'),
                {'client': {'endpoint_overrides': self._endpoints()}},
            )

    def _endpoints(self) -> dict[str, str]:
        return {
            roles.CENTRAL_REGION: self.central.url,
            **{
                name: region.from_xjob.url if self._proxied else region.url
                for name, region in self.regions.items()
            },
        }

    def _make_xjob(self) -> daemons.XJob:
        name = f'xjob{len(self.xjobs) + 1}'
        xjob = daemons.XJob(
            self.workspace,
            name,
            self.central.database.for_user(name),
            configuration.merged(
                {'client': {'endpoint_overrides': self._endpoints()}},
                self._xjob_options,
            ),
        )
        self.xjobs.append(xjob)
        return xjob

    # -- growing ------------------------------------------------------------

    def add_xjob(self) -> daemons.XJob:
        """Start one more journal daemon."""
        xjob = self._make_xjob()
        xjob.start()
        return xjob

    def add_region(self, name: str) -> Region:
        """Start one more region and register it."""
        with self._lock:
            region = self._make_region(name)
            region.start()
            # The daemons have the regions' addresses in their options.
            for item in self.xjobs:
                item.configure(
                    {'client': {'endpoint_overrides': self._endpoints()}}
                )
                item.restart()
            if self._tricircle:
                self.register_pod(name)
            return region

    def _register_pods(self) -> None:
        if self._tricircle:
            for name in (roles.CENTRAL_REGION, *self.regions):
                self.register_pod(name)

    def register_pod(self, name: str) -> None:
        """Have a region join, by the Admin API if there is one."""
        az = ''
        if name != roles.CENTRAL_REGION:
            az = f'az{region_number(name) or name}'
        if self.admin_api:
            self.admin_api.create_pod(
                region_name=name,
                az_name=az,
                service_user_id=roles.service_user(name),
            )
            return
        self.central.database.execute(
            'INSERT INTO pods (pod_id, region_name, az_name, pod_az_name,'
            " dc_name, service_user_id) VALUES (%s, %s, %s, '', '', %s)",
            str(uuid.uuid4()),
            name,
            az,
            roles.service_user(name),
        )


def _all_at_once(processes: Iterable[process.Process]) -> None:
    """Start processes beside each other and wait until all are ready."""
    wanted = list(processes)
    for item in wanted:
        item.start(wait=False)
    with concurrent.futures.ThreadPoolExecutor(len(wanted) or 1) as pool:
        waits = [pool.submit(item.wait_ready) for item in wanted]
    failures = [error for wait in waits if (error := wait.exception())]
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise process.ProcessFailedError(
            '\n\n'.join(str(error) for error in failures)
        )
