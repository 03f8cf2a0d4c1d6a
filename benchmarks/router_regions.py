# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The regions that a router is laid out over: real ones, and stand-ins."""

from collections.abc import Iterator
import contextlib
from typing import Final, Protocol
import uuid

from benchmarks import router_cloud
from benchmarks import stand_in
from tests.functional import cloud as clouds

#: As many as one machine runs beside each other.
_REAL: Final = ('RegionOne', 'RegionTwo', 'RegionThree')
_REPLICAS: Final = '/v2.0/replicas/'


class Regions(Protocol):
    """Regions of one cloud.

    :ivar kind: what they are, for the table
    """

    kind: str
    cloud: clouds.Cloud
    names: tuple[str, ...]

    def boot(self, project: str, network_id: str, region: str) -> None:
        """Boot the first instance on a network in a region."""

    def wait_quiet(self) -> None:
        """Wait until what is under way in them has come to an end."""

    def taken(self) -> list[stand_in.Call]:
        """Return the documents that they were sent since the last time."""

    def statements(self) -> int | None:
        """Count the SQL statements in all of them; None without any."""


class RealRegions:
    """Neutrons of their own, with what Nova asks of them."""

    kind = 'real'

    def __init__(self, cloud: clouds.Cloud) -> None:
        self.cloud = cloud
        self.names = tuple(cloud.regions)
        self._mark = cloud.region_calls.mark()

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator['RealRegions']:
        """Start a cloud of them."""
        with (
            router_cloud.options() as options,
            clouds.Cloud.start(
                regions=_REAL, admin_api=False, **options
            ) as cloud,
        ):
            yield cls(cloud)

    def boot(self, project: str, network_id: str, region: str) -> None:
        """Boot as Nova does."""
        self.cloud.region(region).nova(project).boot(network_id=network_id)

    def wait_quiet(self) -> None:
        """Wait until all is reported, and nothing is to be done."""
        router_cloud.wait_quiet(self.cloud)

    def taken(self) -> list[stand_in.Call]:
        """Return the documents that went through the proxies."""
        record = self.cloud.region_calls
        mark, self._mark = self._mark, record.mark()
        names = {
            one.from_xjob.name: name
            for name, one in self.cloud.regions.items()
        }
        calls = []
        for call in record.since(mark, 'PUT', _REPLICAS):
            kind, resource_id = call.path.removeprefix(_REPLICAS).split('/')
            calls.append(
                stand_in.Call(
                    region=names[call.proxy],
                    type=kind,
                    id=resource_id,
                    began=call.started,
                    ended=call.started + call.seconds,
                )
            )
        return calls

    def statements(self) -> int | None:
        """Count what all Neutrons of regions sent to their databases."""
        return sum(
            one.sql_statements().total for one in self.cloud.regions.values()
        )


class StandIns:
    """One server for all; see :mod:`benchmarks.stand_in`."""

    kind = 'stand-in'

    def __init__(
        self, cloud: clouds.Cloud, server: stand_in.StandIn, number: int
    ) -> None:
        self.cloud = cloud
        self.names = tuple(f'Region{one:02}' for one in range(number))
        self._server = server
        for name in self.names:
            cloud.central.database.execute(
                'INSERT INTO pods'
                ' (pod_id, region_name, az_name, pod_az_name, dc_name)'
                " VALUES (%s, %s, 'az1', '', '')",
                str(uuid.uuid4()),
                name,
            )
        xjob = cloud.add_xjob()
        xjob.configure(
            {
                'client': {
                    'endpoint_overrides': {
                        clouds.CENTRAL_REGION: cloud.central.url,
                        **{name: server.url(name) for name in self.names},
                    }
                }
            }
        )
        xjob.restart()

    @classmethod
    @contextlib.contextmanager
    def running(cls, number: int, delay: float) -> Iterator['StandIns']:
        """Start a cloud of so many.

        :param delay: seconds that each takes for a document
        """
        with (
            stand_in.StandIn.running(delay) as server,
            router_cloud.options() as options,
            clouds.Cloud.start(
                regions=(), xjobs=0, admin_api=False, threads=16, **options
            ) as cloud,
        ):
            yield cls(cloud, server, number)

    def boot(self, project: str, network_id: str, region: str) -> None:
        """Do what a region does for the first instance on a network."""
        central = self.cloud.central
        pulled = central.client('service', ('service',), 'tricircle').put(
            f'/networks/{network_id}/replicas/{region}',
            {
                'replica': {
                    'pull': {
                        'project_id': project,
                        'is_admin': False,
                        'dhcp_agents': 1,
                    }
                }
            },
        )
        pulled.raise_for_status()
        made = central.client(project, service=True).post(
            '/ports',
            {
                'port': {
                    'id': str(uuid.uuid4()),
                    'network_id': network_id,
                    'tricircle:region': region,
                    'device_id': str(uuid.uuid4()),
                    'device_owner': 'compute:nova',
                }
            },
        )
        made.raise_for_status()

    def wait_quiet(self) -> None:
        """Do not wait: they report nothing.

        What networks were promised with a boot nobody confirms; that is due
        half a minute later, and goes with the router before.
        """

    def taken(self) -> list[stand_in.Call]:
        """Return the documents that the server took."""
        return self._server.taken()

    def statements(self) -> int | None:
        """Count nothing: they have no database."""
        return None
