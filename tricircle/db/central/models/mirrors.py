# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions are to have alike: tables of the gateways."""

from neutron_lib.db import model_base
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.models.columns import BigInteger


class Mirror(model_base.BASEV2):
    """A flavor, a key pair, a volume type: what each region is to have of it.

    The journal says how far each region got. What was deleted is here until
    all regions have followed.
    """

    __tablename__ = 'mirrors'

    #: Derived from kind, owner and name; what the journal calls it.
    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    #: tricircle.replica.types.MIRRORED
    kind: orm.Mapped[str] = orm.mapped_column(
        sa.String(32), nullable=False, index=True
    )
    #: User of a key pair, '' where it is of the whole cloud.
    owner: orm.Mapped[str] = orm.mapped_column(sa.String(255), nullable=False)
    #: What clients find it by: ID of a flavor, name of a key pair, ID of a
    #: volume type in the region that made it first.
    name: orm.Mapped[str] = orm.mapped_column(sa.String(255), nullable=False)
    #: JSON, in the form of tricircle.gateway.mirroring.
    document: orm.Mapped[str] = orm.mapped_column(
        sa.Text(16_000_000), nullable=False
    )
    #: Counts the changes.
    version: orm.Mapped[int] = orm.mapped_column(BigInteger, nullable=False)
    #: Counts how often it was made.
    incarnation: orm.Mapped[int] = orm.mapped_column(
        BigInteger, nullable=False
    )
    is_deleted: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, nullable=False
    )


class MirrorCopy(model_base.BASEV2):
    """A region has one, and it is ours: it may be changed and removed.

    Written before it is made.
    """

    __tablename__ = 'mirror_copies'

    mirror_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    pod_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(36), primary_key=True
    )
    #: What the region calls it; '' until it has said so.
    own_id: orm.Mapped[str] = orm.mapped_column(
        sa.String(255), nullable=False, index=True
    )
    #: Of the mirror, when it was made.
    incarnation: orm.Mapped[int] = orm.mapped_column(
        BigInteger, nullable=False
    )
