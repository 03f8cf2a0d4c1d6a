# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A central that says to RegionOne what a test wants."""

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
from typing import Any
from unittest import mock

import pytest

from tests.functional import cloud as clouds
from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.process import region as region_process
from tricircle.replica import messages
from tricircle.replica.document import Document

PROJECT = documents.PROJECT


@dataclasses.dataclass
class Central:
    """Central as a region knows it: what it gives, shows, and was asked."""

    given: dict[str, Document] = dataclasses.field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    errors: dict[str, list[Exception]] = dataclasses.field(
        default_factory=dict
    )
    asked: list[tuple[Any, ...]] = dataclasses.field(default_factory=list)
    reports: list[tuple[str, str, str]] = dataclasses.field(
        default_factory=list
    )

    def has(self, *given: Document) -> None:
        """Give these to whoever asks."""
        self.given.update((one.id, one) for one in given)

    def fails(self, id_: str, *errors: Exception, use: bool = False) -> None:
        """Answer so, in this order, before anything else.

        :param use: to who is about to use it; else to who looks
        """
        self.errors[f'{id_} {messages.USE}' if use else id_] = list(errors)

    def _fail(self, key: str) -> None:
        if self.errors.get(key):
            raise self.errors[key].pop(0)

    @staticmethod
    def _answer(found: dict[str, Any], id_: str) -> Any:
        if id_ not in found:
            raise central_errors.CentralError(404, 'NotFound', f'no {id_}')
        return found[id_]

    def pull(
        self, kind: str, id_: str, region: str, body: Any, **_options: Any
    ) -> Document:
        self.asked.append(('pull', kind, id_, body.get('purpose')))
        assert region == 'RegionOne'
        is_use = body.get('purpose') == messages.USE
        self._fail(f'{id_} {messages.USE}' if is_use else id_)
        document: Document = self._answer(self.given, id_)
        return document

    def networks_of_subnets(
        self, ids: list[str], **_options: Any
    ) -> dict[str, str]:
        self.asked.append(('subnets', *ids))
        for one in ids:
            self._fail(one)
        return {
            subnet['id']: one.id
            for one in self.given.values()
            for subnet in one.body.get('subnets', ())
            if subnet['id'] in ids
        }

    def show(
        self, _caller: Any, _collection: str, id_: str, **_options: Any
    ) -> Any:
        self.asked.append(('show', id_))
        return dict(self._answer(self.shown, id_))

    def listed(
        self, _caller: Any, collection: str, filters: Any, **_options: Any
    ) -> Any:
        self.asked.append(('list', collection, *filters))
        self._fail(collection)
        wanted: dict[str, set[str]] = {}
        for name, value in filters:
            wanted.setdefault(name, set()).add(value)
        return [
            dict(one)
            for one in self.shown.values()
            if all(one[name] in values for name, values in wanted.items())
        ]

    def create(
        self,
        _caller: Any,
        collection: str,
        _member: str,
        attributes: Any,
        **_options: Any,
    ) -> Any:
        self.asked.append(('create', collection, dict(attributes)))
        self._fail(collection)
        made = {**attributes, 'id': documents.new_id()}
        self.shown[made['id']] = made
        return dict(made)

    def update(
        self,
        _caller: Any,
        _collection: str,
        _member: str,
        id_: str,
        changes: Any,
        **options: Any,
    ) -> Any:
        self.asked.append(
            ('update', id_, dict(changes), options.get('revision'))
        )
        self.shown[id_] = {**self._answer(self.shown, id_), **changes}
        return self.shown[id_]

    def report(self, id_: str, region: str, body: Any, **_options: Any) -> Any:
        assert region == 'RegionOne'
        self.reports.append((id_, body['host'], body['device_id']))
        self._fail(id_)

    def delete(
        self, _caller: Any, _collection: str, id_: str, **options: Any
    ) -> None:
        self.asked.append(('delete', id_, options['revision']))
        self._answer(self.shown, id_)
        del self.shown[id_]


@contextlib.contextmanager
def answering() -> Iterator[Central]:
    """Have the region, as a process that serves the API, ask this one."""
    found = Central()
    names = (
        'pull',
        'networks_of_subnets',
        'show',
        'listed',
        'create',
        'update',
        'report',
        'delete',
    )

    def asks(name: str) -> Callable[..., Any]:
        def ask(_client: Any, *arguments: Any, **options: Any) -> Any:
            return getattr(found, name)(*arguments, **options)

        return ask

    with contextlib.ExitStack() as patched:
        for name in names:
            patched.enter_context(
                mock.patch.object(central.CentralClient, name, asks(name))
            )
        patched.enter_context(
            mock.patch.object(region_process, 'is_api_worker', lambda: True)
        )
        yield found


def elsewhere(port_id: str) -> central_errors.CentralError:
    """Return what central says of a port that another region has."""
    return central_errors.CentralError(
        409, 'PortElsewhere', f'{port_id} is in RegionTwo'
    )


def silent() -> central_errors.CentralUnreachable:
    """Return what it is when central says nothing."""
    return central_errors.CentralUnreachable('http://central', 'away', False)


def port_on(there: Central) -> tuple[Document, Document, Document]:
    """Return a network, a group and a port that central gives."""
    network, group = documents.network(), documents.group()
    port = documents.port(network, group)
    there.has(network, group, port)
    return network, group, port


def port_that_can_come(there: Central, user: regions.Client) -> Document:
    """Return a port whose network and group the region has."""
    network, group, port = port_on(there)
    user.show('network', network.id)
    user.show('security_group', group.id)
    return port


def as_shown(port: Document, **changes: Any) -> dict[str, Any]:
    """Return a port as central shows it, with what only central has."""
    return {
        **port.body['port'],
        'status': 'ACTIVE',
        'device_id': '',
        'device_owner': '',
        'revision_number': 7,
        'tricircle:region': 'RegionTwo',
        **changes,
    }


def refused(call: Callable[[], Any]) -> clouds.ApiError:
    with pytest.raises(clouds.ApiError) as error:
        call()
    return error.value
