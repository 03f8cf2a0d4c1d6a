# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas under any interleaving of requests, regions and gateways that die."""

from collections.abc import Iterator
from typing import Any

import hypothesis
from hypothesis import strategies
import sqlalchemy as sa
import webob.multidict

from tests.unit.gateway import counting
from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.api import microversions
from tricircle.gateway.api import routes
from tricircle.gateway.quotas import keeping
from tricircle.gateway.quotas import wishes

FATES = strategies.sampled_from(
    ['made', 'made', 'made', 'refused', 'dies before', 'dies after', 'lost']
)


def asked() -> asking.Asked:
    """Return a request, as far as it matters here."""
    return asking.Asked(
        method='POST',
        path='/servers',
        query=webob.multidict.MultiDict(),
        headers={},
        body=b'{"server": {}}',
        project_id=stand_in.PROJECT,
        version=microversions.Version(2, 1),
        root='',
        route=routes.find(compute.ROUTES, 'POST', '/servers').route,
        arguments={},
    )


class Case:
    """A cloud in which requests go step by step."""

    def __init__(self, limit: int, random: Any) -> None:
        self.there: Any = counting.Regions('One', 'Two')
        for region in self.there.there.values():
            region.is_slow = True
        self.limits = counting.Limits(**{'class:VCPU': limit})
        self.limits.registered['servers'] = -1
        self.cloud = counting.cloud_of(
            self.there, self.limits, faulty.Patience()
        )
        self.quota: Any = self.cloud.quota
        self.running: list[Iterator[None]] = []
        self.busy: list[Iterator[None]] = []
        self.random = random
        self._break_in(self.there)
        self._break_in(self.quota._sources.usages._placement)

    def _break_in(self, whom: Any) -> None:
        """Have others go on before and after each answer of a region."""

        def between(inner: Any) -> Any:
            def act(*rest: Any) -> Any:
                self.go_on(0.5)
                found = inner(*rest)
                self.go_on(0.5)
                return found

            return act

        for name in ('ask', 'usages'):
            if hasattr(whom, name):
                setattr(whom, name, between(getattr(whom, name)))

    def go_on(self, chance: float) -> None:
        """Have one of those that do not wait take a step, or none."""
        idle = [one for one in self.running if one not in self.busy]
        if not idle or self.random.random() > chance:
            return
        one = self.random.choice(idle)
        self.busy.append(one)
        try:
            next(one)
        except StopIteration:
            self.running.remove(one)
        finally:
            self.busy.remove(one)

    def request(self, region: str, flavor: str, fate: str) -> Iterator[None]:
        """Take a request from its first look to its end, step by step."""
        vcpus = counting.FLAVORS[flavor][0]
        wish = wishes.Wish(
            stand_in.PROJECT, {'class:VCPU': vcpus, 'servers': 1}
        )
        seen = self.quota.look(
            self.cloud, asked(), wish, self.limits.registered
        )
        yield
        taken = self.quota.reserve(wish, seen)
        yield
        if not isinstance(taken, keeping.Taken) or fate == 'dies before':
            return
        if fate == 'refused':
            self.quota.end(taken)
            return
        new = self.there.there[region].make({'name': 'a', 'flavorRef': flavor})
        yield
        if fate in ('dies after', 'lost'):
            return
        self.quota.answered(taken, new, region)

    def schedule(self, region: str) -> Iterator[None]:
        """Have a region count what it has, and come or go."""
        self.there.there[region].schedule()
        yield

    def leave(self, region: str) -> Iterator[None]:
        """Have a region be away until the next time."""
        there = self.there.there[region]
        there.fails = (
            None if there.fails else regions.RegionAway(region, 'away')
        )
        yield

    def vcpus(self) -> int:
        """Return what all servers have."""
        return sum(
            server['flavor']['vcpus'] for server in self.there.servers()
        )


REGION = strategies.sampled_from(['One', 'Two'])
STEPS = strategies.one_of(
    strategies.tuples(
        strategies.just('request'),
        REGION,
        strategies.sampled_from(['1', '2']),
        FATES,
    ),
    strategies.tuples(strategies.just('schedule'), REGION),
    strategies.tuples(strategies.just('leave'), REGION),
)


@hypothesis.settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    strategies.integers(0, 6),
    strategies.lists(STEPS, min_size=1, max_size=20),
    strategies.randoms(use_true_random=False),
)
def test_what_is_accepted_never_exceeds_the_limit(
    database: None, limit: int, steps: list[Any], random: Any
) -> None:
    with sessions.writer() as session:
        for model in (
            models.QuotaReservation,
            models.QuotaUsage,
            models.ResourceHome,
        ):
            session.execute(sa.delete(model))
    case = Case(limit, random)
    waiting = list(steps)
    while waiting or case.running:
        if waiting and (not case.running or random.random() < 0.4):
            kind, *rest = waiting.pop(0)
            case.running.append(getattr(case, kind)(*rest))
        else:
            case.go_on(1.0)
        assert case.vcpus() <= limit
