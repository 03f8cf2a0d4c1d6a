# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rows that have numbers: found and named by operators, the latest first."""

from collections.abc import Callable, Mapping
import dataclasses
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import refusals
from tricircle.db.central.models import PodBinding
from tricircle.db.central.models import ResourceRouting

Condition = Callable[[Any], sa.ColumnElement[bool]]
Row = TypeVar('Row', PodBinding, ResourceRouting)


def equals(column: sa.ColumnElement[Any]) -> Condition:
    """Return the condition that a column has a value, given that."""
    return lambda value: column == value


@dataclasses.dataclass(frozen=True)
class Rows(Generic[Row]):
    """The rows of a table with an ID that counts on, and a project.

    :ivar called: what one is called in errors
    :ivar filters: conditions by the name of a filter
    """

    model: type[Row]
    called: str
    filters: Mapping[str, Condition]

    def find(
        self,
        session: orm.Session,
        filters: Mapping[str, Any],
        project_id: str | None,
        marker: int | None,
        limit: int,
    ) -> list[Row]:
        """Return the rows that match, the latest first.

        :param filters: values by names of :attr:`filters`
        :param project_id: whose they are to be, None for everybody's
        :param marker: ID after which to begin
        :raises Invalid: when the marker is none
        """
        model = self.model
        query = sa.select(model).order_by(model.id.desc())
        for name, value in filters.items():
            query = query.where(self.filters[name](value))
        if project_id is not None:
            query = query.where(model.project_id == project_id)
        if marker is not None:
            try:
                self.get(session, marker, project_id)
            except refusals.NotFound:
                raise refusals.Invalid(
                    f'marker {marker} is no {self.called}'
                ) from None
            query = query.where(model.id < marker)
        return list(session.scalars(query.limit(limit)))

    def get(
        self,
        session: orm.Session,
        row_id: int,
        project_id: str | None = None,
        lock: bool = False,
    ) -> Row:
        """Return a row.

        :param project_id: whose it is to be, None for anybody's
        :raises NotFound: when there is none
        """
        found = session.get(self.model, row_id, with_for_update=lock)
        if found is None or project_id not in (None, found.project_id):
            raise refusals.NotFound(
                f'{self.called.capitalize()} {row_id} could not be found'
            )
        return found
