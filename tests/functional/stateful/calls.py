# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Calls of users, written down, and what their answers say."""

from collections.abc import Callable, Mapping
import dataclasses
import json as jsons
import threading
import time
from typing import Any

import requests
import urllib3

from tests.functional import cloud as clouds
from tests.functional.cloud.client import Json
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.model import Outcome

#: What a region or central may say with 503: it is to be tried again.
DOCUMENTED = frozenset(
    (
        'AgentGatewayNotReserved',
        'CentralBusy',
        'CentralUnavailable',
        'DatabaseBusy',
        'DhcpPortNotReserved',
        'ReplicaBusy',
    )
)
#: What stock Neutron says with 503 when all segments are given out.
NONE_LEFT = 'NoNetworkAvailable'
#: Seconds after which a call counts as one that hangs.
PATIENCE = 60.0


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back of a call.

    :ivar body: empty unless it was done
    """

    outcome: Outcome
    body: Json = dataclasses.field(default_factory=dict)
    text: str = ''

    @property
    def done(self) -> bool:
        """Whether the answer was 2xx."""
        return self.outcome is Outcome.DONE


class Client(clouds.NeutronClient):
    """Calls one API as one identity, and writes its calls down."""

    side: str = ''
    note: Callable[[str], None]

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Send a request, and write it down with its answer."""
        said = f'{self.side}: {method} {path}'
        if json is not None:
            said += f' {jsons.dumps(json)}'
        if params:
            said += f' ? {dict(params)}'
        try:
            answer = super().request(
                method, path, json, params, headers, timeout
            )
        except requests.RequestException as exc:
            self.note(f'{said} -> {type(exc).__name__}')
            raise
        if answer.status_code >= 400:
            said += f' -> {answer.status_code} {answer.text[:200]}'
        else:
            said += f' -> {answer.status_code}'
        self.note(said)
        return answer

    def checked(self, answer: requests.Response) -> None:
        """Say what was refused.

        :raises ApiError: when it was
        """
        if not answer.ok:
            raise clouds.ApiError(answer)

    def update_tags(self, collection: str, id_: str, tags: list[str]) -> Json:
        """Replace the tags of a resource."""
        return self._one(self.put(f'/{collection}/{id_}/tags', {'tags': tags}))

    def change_addresses(
        self, id_: str, verb: str, addresses: list[str]
    ) -> Json:
        """Add addresses to an address group, or remove them."""
        path = f'/address-groups/{id_}/{verb}'
        return self._one(self.put(path, {'addresses': addresses}))

    def change_sub_ports(
        self, id_: str, verb: str, sub_ports: list[Json]
    ) -> Json:
        """Add subports to a trunk, or remove them."""
        path = f'/trunks/{id_}/{verb}'
        return self._one(self.put(path, {'sub_ports': sub_ports}))

    def forward(
        self,
        method: str,
        floating_ip_id: str,
        id_: str | None = None,
        **said: object,
    ) -> Json:
        """Make, change or delete a port forwarding of a floating IP."""
        path = f'/floatingips/{floating_ip_id}/port_forwardings'
        body = {'port_forwarding': said} if said else None
        answer = self.request(method, f'{path}/{id_}' if id_ else path, body)
        return dict(self._one(answer).get('port_forwarding', {}))


class Calls:
    """The calls of one run, in their order.

    :ivar lines: what was done, for who reads it
    :ivar findings: what no answer may say
    :ivar outcomes: how many calls came to which end
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.findings: list[Finding] = []
        self.outcomes: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        """Write something down."""
        with self._lock:
            now = time.monotonic() - self._began
            self.lines.append(f'{now:6.1f} {text}')

    def find(self, kind: str, text: str) -> None:
        """Note something that must not be."""
        with self._lock:
            self.findings.append(Finding(kind, text))

    def client(
        self,
        process: clouds.NeutronProcess,
        project: str,
        roles: tuple[str, ...] = clouds.MEMBER,
        user: str | None = None,
        service: bool = False,
    ) -> Client:
        """Return a client of a Neutron; parameters as those of its own."""
        made = Client(
            process.url,
            clouds.Identity(
                project,
                user or f'user-of-{project}',
                roles,
                ('service',) if service else (),
            ),
            PATIENCE,
        )
        made.side = process.name
        made.note = self.note
        return made

    def nova(self, region: clouds.Region, project: str) -> clouds.Nova:
        """Return a region's compute service, whose calls are noted."""
        nova = region.nova(project)
        nova.user = self.client(region, project, service=True)
        nova.service = self.client(
            region, 'service-project', clouds.SERVICE, 'nova'
        )
        return nova

    def attempt(self, call: Callable[[], Any]) -> Answer:
        """Make a call; return what is known after it."""
        answer = self._attempt(call)
        with self._lock:
            self.outcomes[answer.outcome] += 1
        return answer

    def _attempt(self, call: Callable[[], Any]) -> Answer:
        try:
            return Answer(Outcome.DONE, call() or {})
        except clouds.ApiError as exc:
            if exc.status < 500 or exc.type == NONE_LEFT:
                return Answer(Outcome.REFUSED, text=str(exc))
            if exc.status != 503 or exc.type not in DOCUMENTED:
                self.find('server error', str(exc))
            return Answer(Outcome.UNKNOWN, text=str(exc))
        except (clouds.NovaError, StopIteration) as exc:
            # The latter when Nova's port was deleted under its hands.
            return Answer(Outcome.REFUSED, text=str(exc))
        except requests.ConnectionError as exc:
            reason = exc.args[0] if exc.args else None
            refused = isinstance(
                getattr(reason, 'reason', None),
                urllib3.exceptions.NewConnectionError,
            )
            # Nobody listened, so nobody did it.
            return Answer(
                Outcome.REFUSED if refused else Outcome.UNKNOWN, text=str(exc)
            )
        except requests.Timeout as exc:
            self.find('hang', str(exc))
            return Answer(Outcome.UNKNOWN, text=str(exc))
