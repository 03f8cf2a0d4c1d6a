# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Revisions of routers that are changed as rows.

Neutron counts them by itself where objects are changed, and loads all of
the router for that.
"""

from neutron.db.models import l3 as l3_models
from neutron_lib.db import standard_attr
import sqlalchemy as sa
from sqlalchemy import orm


def count(session: orm.Session, router_id: str) -> None:
    """Count on the revision of a router."""
    router, attribute = l3_models.Router, standard_attr.StandardAttribute
    session.execute(
        sa.update(attribute)
        .where(
            attribute.id
            == sa.select(router.standard_attr_id)
            .where(router.id == router_id)
            .scalar_subquery()
        )
        .values(revision_number=attribute.revision_number + 1)
        .execution_options(synchronize_session=False)
    )
