# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One scenario, two Neutrons: plain ML2, and central."""

from collections.abc import Callable
import concurrent.futures
import dataclasses
import functools
from typing import Any
import uuid

from tests.functional import cloud as clouds
from tests.functional.cloud.client import middle_pools
from tests.functional.conformance import recording
from tests.functional.conformance import transcript

Scenario = Callable[['Side'], None]


@dataclasses.dataclass(frozen=True)
class Sides:
    """Central, and what it is compared with.

    :ivar plain: plain ML2; None when the recording stands for it
    """

    central: clouds.NeutronProcess
    plain: clouds.NeutronProcess | None
    recorded: recording.Recording
    how: recording.How = recording.How.RECORDED


class Caller:
    """Sends requests as somebody, and writes down what came."""

    def __init__(
        self,
        name: str,
        client: clouds.NeutronClient,
        steps: list[transcript.Step],
    ) -> None:
        self.name = name
        self.project = client.project
        self._client = client
        self._steps = steps

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        expect: int | None = None,
        headers: dict[str, str] | None = None,
        only_of: str | None = None,
        **params: Any,
    ) -> Any:
        """Send a request below /v2.0; return the answer's body.

        :param expect: status that any Neutron must answer
        :param only_of: keep of a list what belongs to this network, when
            the API has no filter: the rest is other tests'
        """
        answer = self._client.request(method, path, body, params, headers)
        is_json = 'json' in answer.headers.get('Content-Type', '')
        content = (
            answer.json()
            if is_json and answer.content
            else (answer.text or None)
        )
        if only_of is not None:
            lists: Any = content
            content = {
                key: [one for one in many if one['network_id'] == only_of]
                for key, many in lists.items()
            }
        self._steps.append(
            transcript.Step(
                transcript.normalised(
                    f'{self.name} {method} {path} {sorted(params.items())}'
                ),
                answer.status_code,
                transcript.normalised(content),
            )
        )
        if expect is not None:
            assert answer.status_code == expect, (
                f'{self.name}: {method} {path}: {answer.status_code}, '
                f'not {expect}: {answer.text}'
            )
        return content

    def get(self, path: str, expect: int = 200, /, **params: Any) -> Any:
        """Return an answer, or its only member."""
        return _only(self.request('GET', path, None, expect, **params))

    def post(self, path: str, body: Any, expect: int = 201) -> Any:
        """Create; the key is put around the body by itself."""
        return _only(self.request('POST', path, _wrapped(path, body), expect))

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        """Change one resource."""
        return _only(
            self.request(
                'PUT', path, _wrapped(path.rpartition('/')[0], body), expect
            )
        )

    def action(self, path: str, body: Any, expect: int = 200) -> Any:
        """PUT a body as it is."""
        return self.request('PUT', path, body, expect)

    def delete(self, path: str, expect: int = 204) -> Any:
        """Delete one resource."""
        return self.request('DELETE', path, None, expect)


_SINGULAR = {
    'policies': 'policy',
    'rbac-policies': 'rbac_policy',
    'minimum-bandwidth-rules': 'minimum_bandwidth_rule',
}


def _wrapped(path: str, body: Any) -> Any:
    collection = path.rstrip('/').rpartition('/')[2]
    if isinstance(body, list):
        return {collection.replace('-', '_'): body}
    key = _SINGULAR.get(collection) or (
        collection[:-1].replace('-', '_')
        if collection.endswith('s')
        else collection
    )
    return {key: body}


def _only(content: Any) -> Any:
    if isinstance(content, dict) and len(content) == 1:
        return next(iter(content.values()))
    return content


def _project(name: str, whose: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f'{name}/{whose}').hex


class Side:
    """A Neutron and those who use it, in projects of their own.

    :ivar admin: the operator
    :ivar user: a member of the tenant's project
    :ivar reader: who may only look at that project
    :ivar other: a member of another project
    """

    def __init__(self, neutron: clouds.NeutronProcess, name: str) -> None:
        self.steps: list[transcript.Step] = []
        # The same on both sides, and of one test only.
        self.project = _project(name, 'user')

        def caller(who: str, project: str, roles: tuple[str, ...]) -> Caller:
            return Caller(who, neutron.client(project, roles), self.steps)

        self.user = caller('user', self.project, clouds.MEMBER)
        self.reader = caller('reader', self.project, clouds.READER)
        self.other = caller('other', _project(name, 'other'), clouds.MEMBER)
        self.admin = caller('admin', _project(name, 'admin'), clouds.ADMIN)

    # -- what most scenarios begin with --------------------------------------

    def network(self, **attributes: Any) -> Any:
        """Make a network of the user's."""
        return self.user.post('/networks', {'name': 'net', **attributes})

    def subnet(
        self, network: Any, cidr: str = '10.1.0.0/24', **attributes: Any
    ) -> Any:
        """Make a subnet of the user's."""
        return self.user.post(
            '/subnets',
            {
                'network_id': network['id'],
                'cidr': cidr,
                'ip_version': 6 if ':' in cidr else 4,
                **attributes,
            },
        )

    def external(
        self, cidr: str = '203.0.113.0/24', **attributes: Any
    ) -> tuple[Any, Any]:
        """Make an external network with a subnet; return both."""
        network = self.admin.post(
            '/networks', {'name': 'ext', 'router:external': True, **attributes}
        )
        subnet = self.admin.post(
            '/subnets',
            {
                'network_id': network['id'],
                'cidr': cidr,
                'ip_version': 4,
                'enable_dhcp': False,
                'allocation_pools': middle_pools(cidr),
            },
        )
        return network, subnet

    def routed_port(self) -> tuple[Any, Any, Any, Any]:
        """Make a port behind a router with a gateway.

        :returns: external network, router, subnet, port
        """
        external, _ = self.external()
        network = self.network()
        subnet = self.subnet(network)
        router = self.user.post(
            '/routers',
            {
                'name': 'router',
                'external_gateway_info': {'network_id': external['id']},
            },
        )
        self.user.action(
            f'/routers/{router["id"]}/add_router_interface',
            {'subnet_id': subnet['id']},
        )
        port = self.user.post('/ports', {'network_id': network['id']})
        return external, router, subnet, port


def scenario(function: Scenario) -> Callable[..., None]:
    """Run a scenario on central, and compare what plain ML2 answers.

    On both sides at the same time, or on central alone when plain ML2's
    answers are recorded.
    """

    @functools.wraps(function)
    def test(sides: Sides) -> None:
        name = function.__name__.removeprefix('test_').replace('_', '-')
        central = Side(sides.central, name)
        plain = Side(sides.plain, name) if sides.plain else None
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in [
                pool.submit(function, side)
                for side in (plain, central)
                if side is not None
            ]:
                done.result()
        expected = _expected(sides, function.__name__, plain)
        different = list(transcript.differences(expected, central.steps))
        assert len(expected) > 1
        assert not different, '\n'.join(['central differs:', *different])

    # pytest reads the parameters of what functools wrapped.
    del test.__wrapped__
    return test


def _expected(
    sides: Sides, name: str, plain: Side | None
) -> list[transcript.Step]:
    """Return what plain ML2 answers; a recording is made, or checked."""
    if plain is None:
        return sides.recorded.steps[name]
    if sides.how is recording.How.RECORD:
        sides.recorded.steps[name] = plain.steps
    elif sides.recorded.fits:
        different = list(
            transcript.differences(
                sides.recorded.steps[name], plain.steps, 'live'
            )
        )
        assert not different, '\n'.join(['recording differs:', *different])
    return plain.steps
