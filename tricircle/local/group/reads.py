# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading security groups, from central if need be."""

from typing import Any

from tricircle.local.asking import reads
from tricircle.local.engine.owner import actor
from tricircle.replica import types


class GroupReadsMixin(reads.ReadsMixin):
    """Getters in front of the real core plugin's."""

    def get_security_group(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a security group, from central if need be."""
        return self._get(
            types.SECURITY_GROUP,
            super().get_security_group,
            context,
            id,
            *args,
            **kwargs,
        )

    def get_security_groups(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return groups; those asked for by ID or name also from central."""
        return self._list(
            types.SECURITY_GROUP,
            super().get_security_groups,
            context,
            filters,
            *args,
            **kwargs,
        )

    def get_security_group_rule(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a rule."""
        with actor.reading():
            return super().get_security_group_rule(
                context, id, *args, **kwargs
            )

    def get_security_group_rules(self, *args: Any, **kwargs: Any) -> Any:
        """Return rules."""
        with actor.reading():
            return super().get_security_group_rules(*args, **kwargs)

    def get_security_group_rules_count(self, *args: Any, **kwargs: Any) -> Any:
        """Return how many rules there are."""
        with actor.reading():
            return super().get_security_group_rules_count(*args, **kwargs)
