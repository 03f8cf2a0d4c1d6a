# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What central says that regions have, and what these are marked to have.

Pure, as :mod:`tests.functional.stateful.checks.resources`. The sweep asks
regions what is there; here the tables of both sides are looked at themselves.
"""

from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Snapshot
from tricircle.replica import types

#: What is present in a region by its own ID. Pieces of routers have theirs,
#: and the sweep compares these.
_TYPES = (
    types.NETWORK,
    types.PORT,
    types.TRUNK,
    types.SECURITY_GROUP,
    types.ADDRESS_GROUP,
    types.QOS_POLICY,
    types.SUBNET_POOL,
    types.ADDRESS_SCOPE,
)


def presence(snapshot: Snapshot) -> list[Finding]:
    """Return where the marks of a region are not what central counts on."""
    found = []
    for name, ledger in snapshot.ledgers.items():
        marked = {
            (row['resource_type'], row['resource_id'])
            for row in ledger
            if row['resource_type'] in _TYPES and row['state'] != 'deleted'
        }
        present = {
            (row['resource_type'], row['top_id'])
            for row in snapshot.tables['resource_routings']
            if row['resource_type'] in _TYPES and row['region_name'] == name
        }
        found += [
            Finding(
                'marked and not present'
                if one in marked
                else 'present and not marked',
                f'{name} {" ".join(one)}',
            )
            for one in sorted(marked ^ present)
        ]
    return found
