# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A rule that central calls otherwise lets in all the time.

The default group of a project has rules in a region before central's arrive,
which say the same under other IDs. Were they removed first and made anew,
running instances would be cut off in between.
"""

from collections.abc import Iterator
import contextlib
from typing import Any

from neutron_lib import exceptions
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from sqlalchemy import event

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.replica.document import Document

_SAID = (
    "SELECT security_group_id || direction || COALESCE(port_range_min, '')"
    " || COALESCE(remote_group_id, '') || COALESCE(remote_address_group_id,"
    " '') FROM securitygrouprules"
)


def _read(connection: Any) -> frozenset[str]:
    cursor = connection.connection.cursor()
    try:
        return frozenset(row[0] for row in cursor.execute(_SAID).fetchall())
    finally:
        cursor.close()


class TestRenamedRules(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        group = documents.group(documents.rule(80))
        self.rules = sorted(
            [
                {**documents.rule(22), 'remote_group_id': group.id},
                documents.rule(80),
            ],
            key=lambda one: str(one['id']),
        )
        self.group = documents.later(group, {'rules': self.rules})
        self.apply(
            self.group,
            documents.members(self.group, '10.0.2.5/32'),
        )

    def renamed(self, *more: dict[str, Any]) -> Document:
        """Return the group with the same rules under other IDs, and more."""
        rules = [{**one, 'id': documents.new_id()} for one in self.rules]
        return documents.later(
            self.group,
            {'rules': sorted([*rules, *more], key=lambda one: str(one['id']))},
        )

    @contextlib.contextmanager
    def commits(self) -> Iterator[list[frozenset[str]]]:
        """Note what all rules let in, before and at each commit."""
        with self.engine.connect() as connection:
            seen = [_read(connection)]

        def note(connection: Any) -> None:
            seen.append(_read(connection))

        event.listen(self.engine, 'commit', note)
        try:
            yield seen
        finally:
            event.remove(self.engine, 'commit', note)

    def test_they_let_in_all_the_time(self) -> None:
        with self.commits() as seen:
            self.apply(self.renamed())

        assert set(seen) == {seen[0]}

    def test_no_rule_is_there_twice_at_the_end(self) -> None:
        before = len(self.plugin.get_security_group_rules(self.context))

        self.apply(self.renamed())

        now = len(self.plugin.get_security_group_rules(self.context))
        assert now == before

    def test_what_becomes_another_goes_before_that_comes(self) -> None:
        document = documents.later(
            self.group, {'rules': [documents.rule(443)]}
        )
        with self.commits() as seen:
            self.apply(document)

        for now in seen:
            assert not (now - seen[0] and now - seen[-1])

    def test_agents_hear_of_the_new_one_before_the_old_one_is_gone(
        self,
    ) -> None:
        heard: list[tuple[str, str]] = []

        def hear(_resource: str, what: str, _by: Any, payload: Any) -> None:
            heard.append((what, payload.resource_id))

        for what in (events.AFTER_CREATE, events.AFTER_DELETE):
            registry.subscribe(hear, resources.SECURITY_GROUP_RULE, what)
        document = self.renamed()

        self.apply(document)

        made = {id_ for what, id_ in heard if what == events.AFTER_CREATE}
        gone = {id_ for what, id_ in heard if what == events.AFTER_DELETE}
        assert {one['id'] for one in document.body['rules']} <= made
        assert {one['id'] for one in self.rules} <= gone
        order = [what for what, _id in heard]
        assert order.index(events.AFTER_DELETE) >= len(self.rules)

    def test_who_dies_between_leaves_nothing_that_stays(self) -> None:
        document = self.renamed(documents.rule(443))
        for step in range(1, 20):
            with plugin_base.interrupted(step, _die):
                try:
                    apply.apply(self.context, document)
                    break
                except (Died, exceptions.NeutronException):
                    pass
        self.apply(document)

        found = self.plugin.get_security_group(self.context, self.group.id)
        assert {one['id'] for one in found['security_group_rules']} == {
            one['id'] for one in document.body['rules']
        }


class Died(BaseException):
    """Whoever applied it is no more."""


def _die() -> None:
    raise Died
