# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A security group of many rules is made in a time that follows its size."""

from unittest import mock

from tests.unit.local import documents
from tests.unit.local import plugin_base


class TestManyRules(plugin_base.PluginTestCase):
    def reads(self, rules: int) -> int:
        """Apply a new group; return how often all of it was read."""
        group = documents.group(
            *(documents.rule(number + 1) for number in range(rules))
        )
        kind = self.plugin.__class__
        with mock.patch.object(
            kind,
            'get_security_group',
            autospec=True,
            side_effect=kind.get_security_group,
        ) as read:
            self.apply(group)
        (found,) = self.plugin.get_security_groups(
            self.context, filters={'id': [group.id]}
        )
        assert len(found['security_group_rules']) == rules
        return read.call_count

    def test_all_rules_are_not_read_for_each_new_one(self) -> None:
        assert self.reads(5) == self.reads(15)
