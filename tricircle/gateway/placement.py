# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What Placement of a region knows: where there is room, what is used.

It answers services and administrators only, so it is asked as the gateway
itself: the role ``service`` is enough.
"""

from typing import Final
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg

from tricircle.client import auth
from tricircle.gateway import exchange
from tricircle.gateway import regions

#: The first with a limit of candidates is 1.16, with required traits 1.17,
#: with the usage of a project 1.9.
_VERSION: Final = 'placement 1.17'


class Placement:
    """The Placement APIs of the regions.

    :param timeout: seconds to wait for an answer
    """

    def __init__(self, conf: cfg.ConfigOpts, timeout: float) -> None:
        self._conf = conf
        self._timeout = timeout

    def ask(self, region_name: str, query: str) -> exchange.Answer:
        """Return the answer to a question for allocation candidates.

        :raises tricircle.gateway.regions.RegionAway: there is none
        """
        return self._get(region_name, f'/allocation_candidates?{query}')

    def usages(self, region_name: str, project_id: str) -> exchange.Answer:
        """Return the answer to a question for what a project uses.

        :raises tricircle.gateway.regions.RegionAway: there is none
        """
        query = parse.urlencode({'project_id': project_id})
        return self._get(region_name, f'/usages?{query}')

    def _get(self, region_name: str, path: str) -> exchange.Answer:
        try:
            response = auth.service_session(self._conf).get(
                path,
                endpoint_filter={
                    'service_type': 'placement',
                    'interface': self._conf.client.endpoint_interface,
                    'region_name': region_name,
                },
                headers={
                    'Accept': 'application/json',
                    'OpenStack-API-Version': _VERSION,
                },
                timeout=self._timeout,
                raise_exc=False,
            )
        except ksa_exc.ClientException as exc:
            raise regions.RegionAway(
                region_name, f'Placement: {type(exc).__name__}'
            ) from exc
        return exchange.Answer(
            response.status_code, dict(response.headers), response.content
        )
