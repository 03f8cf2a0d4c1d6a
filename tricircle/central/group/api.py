# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/security-groups/{id}/replicas``."""

from tricircle.central.engine import api
from tricircle.replica import messages
from tricircle.replica import types


class GroupReplicaController(api.ReplicaController):
    """Where it shows what became of a group, and of its members elsewhere."""

    def __init__(self) -> None:
        super().__init__(types.SECURITY_GROUP)

    def _states(self, resource_id: str) -> list[messages.ReplicaStateBody]:
        """Return the state of each region that has the group.

        One that is yet to hear who is in the group is no further than that.
        """
        members = {
            one['region']: one
            for one in api.states(types.GROUP_MEMBERS, resource_id)
        }
        found: list[messages.ReplicaStateBody] = api.states(
            types.SECURITY_GROUP, resource_id
        )
        for state in found:
            of_members = members.get(state['region'])
            if of_members is None:
                continue
            state['omitted'] = sorted(
                {*state['omitted'], *of_members['omitted']}
            )
            if api.severity(of_members) > api.severity(state):
                for name in ('status', 'reason', 'attempts', 'next_try_at'):
                    state[name] = of_members[name]
        return found
