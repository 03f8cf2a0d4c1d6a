# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A central with much in many regions, and an XJob that has all of it to do.

Central's tables are filled by statements, for its API would take hours. Its
database is real, and so is the XJob, a process of its own; something stands in
for each region, and answers at once.
"""

from collections.abc import Iterator, Sequence
import contextlib
import dataclasses
import time
from typing import Final
import uuid

import psutil

from benchmarks import stand_in
from tests.functional import cloud as clouds
from tests.functional.cloud import daemons
from tests.functional.cloud import mariadb
from tricircle.conf import xjob as xjob_conf
from tricircle.db.central.job import entries
from tricircle.replica import types

#: What can be filled in; the first is the small job.
KINDS: Final = (types.NETWORK, types.SECURITY_GROUP)
#: Rows that are put in by one statement.
_BATCH: Final = 1000
#: Seconds in which something must have been done.
_LONGEST: Final = 60
#: Those are the fixture's: a name, and no sweeps in between. Without a broker
#: nothing wakes XJob up, so it looks often.
_KEPT: Final = frozenset(
    {'host', 'sweep_interval', 'probe_interval', 'worker_sleep_time'}
)


@dataclasses.dataclass(frozen=True)
class Work:
    """What it took to carry out jobs.

    :ivar jobs: documents that regions got
    :ivar seconds: from the first of them until nothing was to be done
    :ivar statements: of XJob, per job
    :ivar processor: seconds of XJob's, for all jobs
    :ivar memory: most bytes that XJob had, at the samples
    """

    jobs: int
    seconds: float
    statements: float
    processor: float
    memory: int

    @property
    def rate(self) -> float:
        """Jobs per second."""
        return self.jobs / self.seconds

    @property
    def processor_each(self) -> float:
        """Milliseconds of a processor per job."""
        return 1000 * self.processor / self.jobs

    def __str__(self) -> str:
        return (
            f'{self.jobs} jobs in {self.seconds:.1f} s: {self.rate:.0f} per '
            f'second, {self.statements:.2f} statements and '
            f'{self.processor_each:.2f} ms of processor each; '
            f'{self.memory / 2**20:.0f} MiB'
        )


def _ids(kind: int, number: int) -> list[str]:
    return [f'{one:08x}-0000-4000-8000-{kind:012x}' for one in range(number)]


class Filled:
    """A central, its XJob, and stand-ins for regions.

    :ivar regions: their names
    """

    def __init__(
        self,
        cloud: clouds.Cloud,
        servers: dict[str, stand_in.StandIn],
        resources: int,
        silent: dict[str, str],
        looks: float,
    ) -> None:
        self.cloud = cloud
        self.regions = tuple(servers)
        self._servers = servers
        self._resources = resources
        for name in (*servers, *silent):
            self._database.execute(
                'INSERT INTO pods'
                ' (pod_id, region_name, az_name, pod_az_name, dc_name)'
                " VALUES (%s, %s, 'az1', '', '')",
                str(uuid.uuid4()),
                name,
            )
        _fill(self._database, resources)
        self.xjob: daemons.XJob = cloud.add_xjob()
        self.xjob.configure(
            {
                'DEFAULT': {
                    **{
                        one.name: one.default
                        for one in xjob_conf.OPTS
                        if one.name not in _KEPT
                    },
                    'worker_sleep_time': looks,
                    'debug': False,
                },
                'client': {
                    'endpoint_overrides': {
                        clouds.CENTRAL_REGION: cloud.central.url,
                        **{
                            name: one.url(name)
                            for name, one in servers.items()
                        },
                        **silent,
                    }
                },
            }
        )
        self.xjob.restart()

    @property
    def _database(self) -> mariadb.Database:
        return self.cloud.central.database

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        regions: int,
        resources: int,
        silent: dict[str, str] | None = None,
        looks: float = 1.0,
    ) -> Iterator['Filled']:
        """Start it.

        :param resources: how many of each kind
        :param silent: URLs of more regions, by their names
        :param looks: seconds between two looks of XJob's
        """
        with (
            contextlib.ExitStack() as stack,
            clouds.Cloud.start(
                regions=(), xjobs=0, admin_api=False, threads=4
            ) as cloud,
        ):
            # Each has an address of its own, as regions do: connections are
            # kept by address.
            servers = {
                f'Region{one:03}': stack.enter_context(
                    stand_in.StandIn.running(0.0)
                )
                for one in range(regions)
            }
            yield cls(cloud, servers, resources, silent or {}, looks)

    def _taken(self) -> list[stand_in.Call]:
        """Return the calls since the last time."""
        return [one for each in self._servers.values() for one in each.taken()]

    def memory(self) -> int:
        """Return how many bytes of memory XJob has."""
        return int(psutil.Process(self.xjob.pid).memory_info().rss)

    def want(
        self, kind: str, regions: Sequence[str], projects: int = 1
    ) -> int:
        """Have regions get all of a kind (again); return how many jobs.

        They have to wait until :meth:`release`.

        :param projects: whose they are, one like the other
        """
        with self._database.server.connect(self._database.name) as connection:
            for name in regions:
                rows = [
                    (
                        entries.entry_id(kind, one, name),
                        kind,
                        one,
                        name,
                        f'project{number % projects}',
                    )
                    for number, one in enumerate(
                        _ids(KINDS.index(kind), self._resources)
                    )
                ]
                with connection.cursor() as cursor:
                    for start in range(0, len(rows), _BATCH):
                        cursor.executemany(
                            'INSERT INTO journal (id, resource_type,'
                            ' resource_id, region_name, project_id, counter,'
                            ' applied, pending, priority, attempts,'
                            ' next_try_at, created_at)'
                            ' VALUES (%s, %s, %s, %s, %s, 1, 0, 1, 1, 0,'
                            " '2100-01-01', UTC_TIMESTAMP())"
                            ' ON DUPLICATE KEY UPDATE counter = counter + 1,'
                            ' pending = 1, next_try_at = VALUES(next_try_at)',
                            rows[start : start + _BATCH],
                        )
        return len(regions) * self._resources

    def release(self, regions: Sequence[str]) -> None:
        """Have what regions want be due now."""
        marks = ','.join(['%s'] * len(regions))
        self._database.execute(
            'UPDATE journal SET next_try_at = UTC_TIMESTAMP(6)'  # noqa: S608
            f' WHERE region_name IN ({marks}) AND pending',
            *regions,
        )

    def call_off(self, regions: Sequence[str]) -> None:
        """Have regions want nothing any more."""
        marks = ','.join(['%s'] * len(regions))
        self._database.execute(
            'UPDATE journal SET pending = 0'  # noqa: S608
            f' WHERE region_name IN ({marks}) AND pending',
            *regions,
        )

    def carried_out(
        self, kind: str, regions: Sequence[str], projects: int = 1
    ) -> Work:
        """Have regions get all of a kind, and tell what that took."""
        jobs = self.want(kind, regions, projects)
        self._taken()
        process = psutil.Process(self.xjob.pid)
        before = process.cpu_times()
        statements = self.xjob.sql_statements()
        self.release(regions)
        calls: list[stand_in.Call] = []
        memory = 0
        end = time.monotonic() + _LONGEST
        while len(calls) < jobs or self._is_busy(regions):
            time.sleep(0.1)
            came = self._taken()
            calls += came
            if came:
                end = time.monotonic() + _LONGEST
            elif time.monotonic() > end:
                raise TimeoutError('XJob did not carry everything out')
            memory = max(memory, process.memory_info().rss)
        ended = time.monotonic()
        after = process.cpu_times()
        made = self.xjob.sql_statements() - statements
        return Work(
            jobs=len(calls),
            seconds=ended - min(call.began for call in calls),
            statements=made.total / len(calls),
            processor=after.user + after.system - before.user - before.system,
            memory=memory,
        )

    def _is_busy(self, regions: Sequence[str]) -> bool:
        return any(
            self._database.query(
                'SELECT 1 FROM journal WHERE region_name = %s AND pending'
                " AND resource_type <> 'sweep' LIMIT 1",
                name,
            )
            for name in regions
        )

    def arrives(self, kind: str, region: str) -> float:
        """Want one resource; return the seconds until the region has it."""
        (first, *_) = _ids(KINDS.index(kind), 1)
        self._taken()
        began = time.monotonic()
        self._database.execute(
            'UPDATE journal SET counter = counter + 1, pending = 1,'
            ' next_try_at = UTC_TIMESTAMP(6) WHERE id = %s',
            entries.entry_id(kind, first, region),
        )
        while time.monotonic() < began + _LONGEST:
            for call in self._taken():
                if call.region == region and call.id == first:
                    return call.ended - began
            time.sleep(0.002)
        raise TimeoutError('the region did not get it')


def _copy(table: str, columns: str, values: str, last: int) -> str:
    return (
        f'INSERT INTO {table} ({columns}) SELECT {values}'  # noqa: S608
        f' FROM seq_0_to_{last}'
    )


def _fill(database: mariadb.Database, number: int) -> None:
    """Make so many resources of each kind.

    A network has a segment and a subnet, for which no region needs anything
    of its own; a security group has a rule.
    """
    last = number - 1

    def uuid_of(kind: int) -> str:
        return (
            f"CONCAT(LPAD(LOWER(HEX(seq)), 8, '0'),"
            f" '-0000-4000-8000-{kind:012x}')"
        )

    network, group = uuid_of(0), uuid_of(1)
    project = 'LPAD(HEX(seq), 32, 0)'
    attributes = (
        (1_000_000, 'networks'),
        (2_000_000, 'segments'),
        (3_000_000, 'subnets'),
        (4_000_000, 'securitygroups'),
        (5_000_000, 'securitygrouprules'),
    )
    statements = [
        *(
            _copy(
                'standardattributes',
                'id, resource_type',
                f"{first} + seq, '{kind}'",
                last,
            )
            for first, kind in attributes
        ),
        _copy(
            'networks',
            'id, project_id, name, status, admin_state_up, vlan_transparent,'
            ' standard_attr_id, mtu',
            f"{network}, {project}, '', 'ACTIVE', 1, NULL, 1000000 + seq,"
            ' 1450',
            last,
        ),
        _copy(
            'networksegments',
            'id, network_id, network_type, segmentation_id, is_dynamic,'
            ' segment_index, standard_attr_id',
            f"{uuid_of(2)}, {network}, 'vxlan', 5000 + seq, 0, 0,"
            ' 2000000 + seq',
            last,
        ),
        _copy(
            'subnets',
            'id, project_id, name, network_id, ip_version, cidr, enable_dhcp,'
            ' standard_attr_id',
            f"{uuid_of(3)}, {project}, '', {network}, 4, '10.1.0.0/24', 0,"
            ' 3000000 + seq',
            last,
        ),
        _copy(
            'ipallocationpools',
            'id, subnet_id, first_ip, last_ip',
            f"{uuid_of(4)}, {uuid_of(3)}, '10.1.0.1', '10.1.0.254'",
            last,
        ),
        _copy(
            'securitygroups',
            'id, project_id, name, stateful, standard_attr_id',
            f"{group}, {project}, 'g', 1, 4000000 + seq",
            last,
        ),
        _copy(
            'securitygrouprules',
            'id, project_id, security_group_id, direction, ethertype,'
            ' protocol, port_range_min, port_range_max, remote_ip_prefix,'
            ' standard_attr_id',
            f"{uuid_of(5)}, {project}, {group}, 'ingress', 'IPv4', 'tcp',"
            " 22, 22, '192.0.2.0/24', 5000000 + seq",
            last,
        ),
        'ANALYZE TABLE networks, networksegments, subnets,'
        ' ipallocationpools, securitygroups, securitygrouprules',
    ]
    database.server.script(statements, database.name)
