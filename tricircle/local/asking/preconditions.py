# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a request wants a port to be like before it is changed (If-Match).

Neutron looks when the change is written. What central owns is changed there
first, which has to be later than the look.
"""

from neutron.services.revisions import revision_plugin
from neutron_lib.api.definitions import port as port_def

from tricircle.local.asking import request


def wanted_revision(collection: str, resource_id: str) -> int | None:
    """Return the revision that a resource must have; None if any will do.

    :param collection: as in Neutron's URLs, such as ``ports``
    """
    current = request.caller()
    constraint = (
        None if current is None else current.get_transaction_constraint()
    )
    if (
        constraint is None
        or constraint.resource != collection
        or constraint.resource_id != resource_id
    ):
        return None
    return int(constraint.if_revision_match)


def check(port_id: str, revision: int) -> None:
    """Refuse a request that wants another revision than a port has.

    :raises RevisionNumberConstraintFailed: 412, as Neutron does it
    """
    wanted = wanted_revision(port_def.COLLECTION_NAME, port_id)
    if wanted is not None and wanted != revision:
        raise revision_plugin.RevisionNumberConstraintFailed(wanted, revision)


def settled() -> None:
    """Note that the look is done: what is written next follows from it.

    What central has changed already may have come here, with a revision of
    its own.
    """
    current = request.caller()
    if current is not None:
        current.clear_transaction_constraint()
