# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Who is there, what they have, and how steps find what they are about."""

from collections.abc import Callable, Mapping, Sequence
import uuid

from tests.functional import cloud as clouds
from tests.functional.stateful import calls as callers
from tests.functional.stateful import model as models
from tests.functional.stateful.model import Effect
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Thing

#: A step that has found what it is about, ready to be taken.
Act = Callable[[], list[Effect]]

#: Project of the administrator.
ADMIN = 'admin-project'
TENANTS = 2
#: A tenant makes no more than this, but takes what there is.
MANY = {
    models.NETWORK: 3,
    models.ROUTER: 2,
    models.GROUP: 3,
    models.ADDRESS_GROUP: 2,
    models.QOS_POLICY: 2,
    models.TRUNK: 2,
}


class World:
    """Two tenants and an administrator in a cloud.

    :ivar external: external networks by region
    :ivar disturbed: whether a fault may have taken an answer since things
        were quiet
    :ivar named_in_central: ports that were named there since then
    :ivar out: regions that are leaving, or out
    :ivar lost: those of them that nobody is to start
    :ivar joined: how often a region has joined again
    :ivar upset: whether a region has left or been lost, or a database was
        restored
    :ivar own: what regions have of their own, by region
    """

    def __init__(self, cloud: clouds.Cloud) -> None:
        self.cloud = cloud
        self.calls = callers.Calls()
        self.model = models.Model()
        self.tenants = [uuid.uuid4().hex for _ in range(TENANTS)]
        self.region_names = list(cloud.regions)
        self.external: dict[str, str] = {}
        self.disturbed = False
        self.named_in_central: set[str] = set()
        self.out: set[str] = set()
        self.lost: set[str] = set()
        self.joined = 0
        self.upset = False
        self.own: dict[str, dict[tuple[str, str], str]] = {}
        self._numbers = 0

    # -- callers ------------------------------------------------------------

    @property
    def admin(self) -> callers.Client:
        """The administrator, in central."""
        return self.calls.client(
            self.cloud.central, ADMIN, clouds.ADMIN, 'admin-user'
        )

    def central(self, project: str) -> callers.Client:
        """Return a tenant, in central."""
        return self.calls.client(self.cloud.central, project)

    def central_for_nova(self, project: str) -> callers.Client:
        """Return a tenant in central who may delete ports of instances."""
        return self.calls.client(self.cloud.central, project, service=True)

    def region(self, name: str, project: str) -> callers.Client:
        """Return a tenant in a region, as one who may delete Nova's ports."""
        return self.calls.client(
            self.cloud.region(name), project, service=True
        )

    def nova(self, name: str, project: str) -> clouds.Nova:
        """Return a region's compute service for a tenant."""
        return self.calls.nova(self.cloud.region(name), project)

    # -- finding ------------------------------------------------------------

    def tenant(self, number: int) -> str:
        """Return a tenant's project."""
        return self.tenants[number % len(self.tenants)]

    def region_name(self, number: int) -> str:
        """Return a region's name."""
        return self.region_names[number % len(self.region_names)]

    def next_number(self) -> int:
        """Return a number that nothing of this run has yet."""
        self._numbers += 1
        return self._numbers

    def pick(
        self,
        kind: str,
        project: str,
        number: int,
        suits: Callable[[Thing], bool] = lambda thing: True,
    ) -> Thing | None:
        """Return one of what a tenant has, if it has any."""
        found = [one for one in self.model.there(kind, project) if suits(one)]
        return found[number % len(found)] if found else None

    def learn(self, *members: Sequence[Effect]) -> None:
        """Learn what steps did that were taken at once."""
        self.model.take(members)

    # -- making -------------------------------------------------------------

    def make(
        self,
        kind: str,
        project: str,
        client: clouds.NeutronClient,
        attributes: Mapping[str, object],
        network: str | None = None,
        parent: str | None = None,
        fields: Mapping[str, models.Value] | None = None,
    ) -> tuple[callers.Answer, list[Effect]]:
        """Create something; return what was answered, and what that means.

        :param fields: what is expected of it beside its name
        """
        answer = self.calls.attempt(lambda: client.create(kind, **attributes))
        if answer.done:
            values = dict(fields or {})
            if 'name' in answer.body:
                values['name'] = answer.body['name']
            thing = Thing(
                kind,
                str(answer.body['id']),
                project,
                {key: frozenset([value]) for key, value in values.items()},
                parent=parent,
                network=network,
            )
            return answer, [models.Made(thing)]
        return answer, self.nobody_said(answer, kind, project)

    def nobody_said(
        self, answer: callers.Answer, kind: str, project: str
    ) -> list[Effect]:
        """Return what it means that no ID came back."""
        if answer.outcome is Outcome.UNKNOWN:
            return [models.Lost(kind, project)]
        return []

    def change(
        self,
        thing: Thing,
        client: clouds.NeutronClient,
        field: str,
        value: models.Value,
        **attributes: object,
    ) -> list[Effect]:
        """Change a field; return what the answer means.

        :param attributes: what is sent in place of the field itself
        """
        answer = self.calls.attempt(
            lambda: client.update(
                thing.kind, thing.id, **(attributes or {field: value})
            )
        )
        return [models.Changed(thing.id, field, value, answer.outcome)]

    def remove(
        self, thing: Thing, client: clouds.NeutronClient
    ) -> list[Effect]:
        """Delete something; return what the answer means."""
        answer = self.calls.attempt(
            lambda: client.remove(thing.kind, thing.id)
        )
        return [models.Removed(thing.id, answer.outcome)]
