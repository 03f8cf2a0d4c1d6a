# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Look at a cloud: all its Neutrons at once, then the Admin API."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent import futures
import datetime
from typing import Any, Final

from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import region
from tricircle.cli.diagnosis import asking
from tricircle.cli.diagnosis import facts

_AT_ONCE: Final = 16


class Collector:
    """Finds out how a cloud is.

    :param manager: clients of the ``openstack`` command
    :param progress: is called with a line of text
    """

    def __init__(
        self, manager: Any, progress: Callable[[str], object]
    ) -> None:
        self._manager = manager
        self._admin = manager.multiregion_networking
        self._progress = progress

    def collect(self, wanted: Collection[str] = ()) -> facts.Facts:
        """Return the facts.

        :param wanted: regions to look at, all when empty
        :raises CommandError: when the Admin API does not answer, or has no
            such region
        """
        pods = self._admin.pods()
        names = {str(one['region_name']): one for one in pods}
        unknown = sorted(set(wanted) - set(names))
        if unknown:
            raise client.not_served(unknown[0])
        statuses = [
            one
            for one in self._admin.statuses()
            if not wanted or one['region_name'] in wanted
        ]
        lost = {
            one['region_name'] for one in statuses if one['state'] == 'lost'
        }
        regions = [
            name
            for name, pod in sorted(names.items())
            if pod['az_name']
            and name not in lost
            and (not wanted or name in wanted)
        ]
        central = client.central_of(pods) or self._manager.region_name
        found = self._neutrons([central, *regions])
        releases = self._admin.releases()
        return facts.Facts(
            datetime.datetime.now(datetime.UTC),
            found[central],
            [found[one] for one in regions],
            [
                pod
                for name, pod in sorted(names.items())
                if name not in lost
                and (not wanted or name in wanted or name == central)
            ],
            statuses,
            releases.get('releases', ()),
            releases.get('tables'),
        )

    def _neutrons(self, names: Sequence[str]) -> Mapping[str, facts.Neutron]:
        found: dict[str, facts.Neutron] = {}
        with futures.ThreadPoolExecutor(min(_AT_ONCE, len(names))) as threads:
            asked = {
                threads.submit(self._neutron, name, name == names[0]): name
                for name in names
            }
            for done in futures.as_completed(asked):
                one = done.result()
                found[one.region] = one
                self._progress(
                    f'{one.region}: '
                    f'{one.endpoint.error or one.endpoint.status}'
                )
        return found

    def _neutron(self, name: str, is_central: bool) -> facts.Neutron:
        neutron = region.RegionNeutron(self._manager, name)
        endpoint, body = asking.endpoint(
            self._manager.session, region.or_none(neutron.url) or ''
        )
        if not isinstance(body, dict) or 'extensions' not in body:
            return facts.Neutron(name, endpoint)
        extensions = frozenset(str(one['alias']) for one in body['extensions'])
        return facts.Neutron(
            name,
            endpoint,
            extensions,
            None
            if is_central
            else region.or_none(lambda: neutron.all_of('agents')),
            () if is_central else self._clashes(neutron),
        )

    def _clashes(
        self, neutron: region.RegionNeutron
    ) -> Sequence[Mapping[str, Any]]:
        try:
            networks = neutron.own_networks()
            return list(
                self._admin.clashes(
                    neutron.name,
                    [
                        {'id': one['id'], 'segments': region.segments(one)}
                        for one in networks
                    ],
                )
            )
        except exceptions.CommandError as exc:
            self._progress(f'{neutron.name}: {exc}')
            return ()
