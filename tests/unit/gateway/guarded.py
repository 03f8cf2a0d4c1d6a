# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that look at tokens, as policies of Nova and Cinder have them."""

from collections.abc import Callable, Mapping
import dataclasses
import json
from typing import Any

import sqlalchemy as sa
import webob

from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange

OTHER = 'f' * 32
#: What administrators alone change; members may all else of their project.
_ADMINS = (
    'flavors',
    'types',
    'group_types',
    'qos-specs',
    'default-types',
)
#: What administrators alone see.
_SEEN_BY_ADMINS = (
    'os-aggregates',
    'os-availability-zone/detail',
    'qos-specs',
    'default-types',
)
#: Whose they are, the stand-ins do not look at.
_OF_PROJECTS = ('servers', 'os-server-groups', 'volumes', 'snapshots')
#: But for what tells where something is, that the caller has seen.
_TABLES = (
    models.JournalEntry,
    models.Mirror,
    models.MirrorCopy,
    models.Placing,
    models.PodBinding,
    models.QuotaReservation,
)


@dataclasses.dataclass(frozen=True)
class Caller:
    """Who asks.

    :ivar role: 'admin', 'member' or 'reader'; '' of a token that is none
    """

    name: str
    role: str
    project_id: str = stand_in.PROJECT

    @property
    def token(self) -> str:
        """What the caller shows."""
        return f'token of {self.name}'

    @property
    def headers(self) -> dict[str, str]:
        """What keystonemiddleware makes of the token."""
        if not self.role:
            return {'X-User-Id': '', 'X-Auth-Token': self.token}
        return {
            'X-User-Id': self.name,
            'X-Project-Id': self.project_id,
            'X-Roles': self.role,
            'X-Auth-Token': self.token,
        }


ADMIN = Caller('admin', 'admin')
CALLERS = (
    ADMIN,
    Caller('member', 'member'),
    Caller('reader', 'reader'),
    Caller('stranger', 'member', OTHER),
    Caller('nobody', ''),
)
BY_TOKEN = {one.token: one for one in CALLERS}


def _refusal(caller: Caller | None, question: exchange.Question) -> int:
    """Return the status of a refusal, 0 of none."""
    if caller is None or not caller.role:
        return 401
    if caller.role == 'admin':
        return 0
    path = question.path.strip('/')
    what, _slash, below = path.partition('/')
    changes = question.method != 'GET' or path.endswith(
        ('associate', 'disassociate', 'disassociate_all')
    )
    if path.startswith(_SEEN_BY_ADMINS) or (changes and what in _ADMINS):
        return 403
    if changes and caller.role == 'reader':
        return 403
    if caller.project_id == OTHER and what in _OF_PROJECTS:
        if below not in ('', 'detail', 'summary'):
            return 404
    return 0


def guard(region: Any, lists: Mapping[str, str]) -> None:
    """Have a region look at tokens, and have nothing that it does not know.

    :param lists: keys of lists, by path
    """
    answer: Callable[[exchange.Question], exchange.Answer] = region.answer

    def guarded(question: exchange.Question) -> exchange.Answer:
        caller = BY_TOKEN.get(question.headers.get('X-Auth-Token', ''))
        status = _refusal(caller, question)
        if status:
            region.asked.append(question)
            return asking.answer({'refused': {'code': status}}, status)
        try:
            found = answer(question)
            if b'said by' not in found.body:
                return found
            if question.path in lists and question.method == 'GET':
                return asking.answer({lists[question.path]: []})
            return asking.answer({'itemNotFound': {}}, 404)
        except (
            AssertionError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            # A stand-in that was not written for that.
            region.asked.append(question)
            return asking.answer({'badRequest': {}}, 400)

    region.answer = guarded


def state(there: Any) -> str:
    """Return all that regions and the database have."""
    found: dict[str, Any] = {}
    for name, region in there.there.items():
        found[name] = {
            field: value
            for field, value in vars(region).items()
            if field not in ('answer', 'asked', 'fails')
        }
    with sessions.reader() as session:
        for model in _TABLES:
            rows = session.execute(sa.select(model.__table__)).all()
            found[model.__tablename__] = sorted(str(row) for row in rows)
    return json.dumps(found, sort_keys=True, default=lambda one: sorted(one))


def forget() -> None:
    """Have nothing in the database."""
    with sessions.writer() as session:
        for model in (*_TABLES, models.ResourceHome):
            session.execute(sa.delete(model))


def asked(there: Any) -> list[exchange.Question]:
    """Return what regions were asked, and forget it."""
    found = [one for region in there.there.values() for one in region.asked]
    for region in there.there.values():
        region.asked.clear()
    return found


def ask(
    client: stand_in.Client,
    caller: Caller,
    method: str,
    path: str,
    body: Any = None,
) -> webob.Response:
    """Ask the gateway as somebody."""
    return client.ask(method, path, body, caller.headers)
