# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What tells that a region made what it was asked for: pure.

Nova keeps no mark of a client's that its users do not see. The request ID of
a caller goes into the logs and to other services, and not into the actions of
a server; metadata, tags, and hints from 2.100 on, are shown. So a server is
known by what was asked for, and by when.
"""

from collections.abc import Mapping
import datetime
import hashlib
import json
from typing import Any, Protocol
from urllib import parse

from oslo_utils import timeutils

from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import flavors

#: How much the clocks of central and of a region may differ, and the second
#: that Nova leaves off.
_SKEW = datetime.timedelta(seconds=6)
#: The version whose servers say the ID of their flavor.
_VERSION = 'compute 2.1'
#: Of the newest servers of the project, as many as are looked at.
_MOST = 200


class Likeness(Protocol):
    """What can be told apart of what is asked for.

    :ivar mark: digest of it
    """

    mark: str

    def question(self, since: datetime.datetime) -> exchange.Question:
        """Return what is asked of a region to find it."""

    def found(
        self, answer: exchange.Answer, since: datetime.datetime
    ) -> list[Mapping[str, Any]] | None:
        """Return what is like it in the answer; None when that is not all."""

    def told(self, item: Mapping[str, Any]) -> exchange.Answer:
        """Return the answer that was lost, as far as it is known."""


def _digest(*told: Any) -> str:
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _created(server: Mapping[str, Any]) -> datetime.datetime:
    return timeutils.normalize_time(timeutils.parse_isotime(server['created']))


def _count(wished: Mapping[str, Any], name: str) -> str:
    return str(wished.get(name) or 1)


class Server:
    """A server is known by name, flavor, image, key, metadata, and when.

    :ivar is_one: whether an answer tells it; several at once are numbered,
        and a reservation is nowhere to be found
    """

    def __init__(self, asked: asking.Asked) -> None:
        self._asked = asked
        self._wished = asked.said[asked.route.key]
        wished = self._wished
        self._name = str(wished.get('name') or '').strip()
        self._flavor = flavors.id_in(wished.get('flavorRef'))
        self._image = flavors.id_in(wished.get('imageRef'))
        self._key = wished.get('key_name')
        self._metadata = wished.get('metadata') or {}
        self.is_one = not wished.get('return_reservation_id') and (
            _count(wished, 'min_count') == _count(wished, 'max_count') == '1'
        )
        self.mark = _digest(
            self._name, self._flavor, self._image, self._key, self._metadata
        )

    def question(self, since: datetime.datetime) -> exchange.Question:
        """Return what is asked of a region to find it."""
        # Not changes-since: a new server has never changed, and Nova leaves
        # it out until its scheduler has looked at it.
        query = parse.urlencode(
            {'sort_key': 'created_at', 'sort_dir': 'desc', 'limit': _MOST}
        )
        return exchange.Question(
            'GET',
            '/servers/detail',
            query,
            {**self._asked.headers, 'OpenStack-API-Version': _VERSION},
        )

    def found(
        self, answer: exchange.Answer, since: datetime.datetime
    ) -> list[Mapping[str, Any]] | None:
        """Return what is like it in the answer; None when that is not all."""
        said = answer.json
        new = [
            one for one in said['servers'] if _created(one) >= since - _SKEW
        ]
        if len(new) == len(said['servers']) and 'servers_links' in said:
            return None
        return [one for one in new if self._is_like(one)]

    def _is_like(self, server: Mapping[str, Any]) -> bool:
        image = server.get('image')
        return (
            server.get('status') != 'DELETED'
            and str(server['name']).strip() == self._name
            and flavors.id_in((server.get('flavor') or {}).get('id'))
            == self._flavor
            # One that boots from a volume has none, whatever was asked for.
            and (not image or flavors.id_in(image.get('id')) == self._image)
            and server.get('key_name') == self._key
            and (server.get('metadata') or {}) == self._metadata
        )

    def told(self, item: Mapping[str, Any]) -> exchange.Answer:
        """Return the answer that was lost, but for a generated password."""
        server = {
            name: item[name]
            for name in ('id', 'links', 'OS-DCF:diskConfig')
            if name in item
        }
        server['security_groups'] = self._wished.get(
            'security_groups', [{'name': 'default'}]
        )
        if 'adminPass' in self._wished:
            server['adminPass'] = self._wished['adminPass']
        links = [
            link['href']
            for link in item.get('links', [])
            if link.get('rel') == 'self'
        ]
        return asking.answer(
            {'server': server},
            202,
            {'Location': links[0]} if links else {},
        )


class ServerGroup:
    """A server group is known by its name, and that it was not there.

    It does not say when it was made.

    :param before: IDs of those that were there before
    """

    is_one = True

    def __init__(self, asked: asking.Asked, before: frozenset[str]) -> None:
        self._asked = asked
        self._before = before
        wished = asked.said[asked.route.key]
        self._name = str(wished.get('name') or '').strip()
        self.mark = _digest(self._name)

    def question(self, since: datetime.datetime) -> exchange.Question:
        """Return what is asked of a region to find it."""
        return groups(self._asked)

    def found(
        self, answer: exchange.Answer, since: datetime.datetime
    ) -> list[Mapping[str, Any]] | None:
        """Return what is like it in the answer."""
        return [
            group
            for group in answer.json['server_groups']
            if group['id'] not in self._before
            and str(group['name']).strip() == self._name
        ]

    def told(self, item: Mapping[str, Any]) -> exchange.Answer:
        """Return the answer that was lost."""
        return asking.answer({'server_group': item})


def groups(asked: asking.Asked) -> exchange.Question:
    """Return what is asked of a region for its server groups."""
    return asked.question(method='GET', path='/os-server-groups', body=b'')
