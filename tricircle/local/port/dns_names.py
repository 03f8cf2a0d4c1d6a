# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""DNS names of central ports, which central and this region may both change.

Nova names a port when it boots an instance, and must not wait for central.
Whoever named a port last is right: a document's name is followed unless it is
one that central may have of itself, while this region's later one is on its
way there. The ledger keeps those, see :func:`.detail.dns_names`.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib.api import attributes as api_attributes
from neutron_lib.api.definitions import dns as dns_def
from neutron_lib.db import api as db_api
from sqlalchemy import orm

from tricircle.local.engine import ledger
from tricircle.local.port import detail as port_detail
from tricircle.replica import types
from tricircle.replica.kinds.port import PORT

NAME = dns_def.DNSNAME


def are_served() -> bool:
    """Tell whether ports have DNS names in this region."""
    return NAME in api_attributes.RESOURCES[PORT.collection]


def changed(session: orm.Session, port_id: str, before: str, now: str) -> None:
    """Note that the name of a port changes, in the transaction that does it.

    Of a port that is not central's, nothing.
    """
    row = ledger.locked(session, types.PORT, port_id)
    if row is not None:
        row.detail = port_detail.renamed(row.detail, before, now)


def follow(context: Any, port_id: str, name: str) -> None:
    """Note that a port has the name that central says."""
    with db_api.CONTEXT_WRITER.using(context):
        row = ledger.locked(context.session, types.PORT, port_id)
        if row is not None:
            row.detail = port_detail.named_by_central(row.detail, name)


def in_central(
    context: Any, found: Mapping[str, Any], wanted: Mapping[str, Any] | None
) -> str | None:
    """Return a port's name as central is to have it by now.

    That of the document, as long as this region's is a later one, of which
    central has not heard yet.

    :param found: the port as Neutron shows it here
    :param wanted: the port of the document, if there is one
    :returns: None where ports have no names here
    """
    here: str | None = found.get(NAME)
    if here is None:
        return None
    theirs = None if wanted is None else str(wanted.get(NAME, ''))
    if here == theirs:
        return here
    with db_api.CONTEXT_READER.using(context):
        row = ledger.get(context.session, types.PORT, found['id'])
        detail = row.detail if row is not None else None
    known = port_detail.dns_names(detail, here)
    if theirs is None:
        return known[0] if here in known else here
    return theirs if theirs in known else here
