# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether regions answer, as XJob found last.

Several processes may ask one region; what one of them found last counts.
"""

from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import upsert
from tricircle.db.central import models as central_models

CONTACTS: Final = cast(sa.Table, central_models.RegionContact.__table__)
#: It was found lately: else nobody looks any more, and nobody knows.
IS_KNOWN: Final = CONTACTS.c.found_at > clock.Now(-durations.CONTACT_TRUSTED)
#: What an operator is shown of it, null of what is not known.
SHOWN: Final = tuple(
    sa.case((IS_KNOWN, column)).label(name)
    for name, column in (
        ('answers', CONTACTS.c.answers),
        ('answers_since', CONTACTS.c.since),
        ('contact_failure', CONTACTS.c.reason),
    )
)


def note(
    session: orm.Session,
    region_name: str,
    answers: bool,
    reason: str | None = None,
) -> None:
    """Note what was found.

    :param reason: why it does not answer
    """
    row = {
        'region_name': region_name,
        'answers': answers,
        'reason': reason,
        'found_at': clock.Now(),
        'since': clock.Now(),
    }
    upsert.insert_or_change(session, CONTACTS, [row], _changes)


def _changes(new: Any) -> upsert.Changes:
    now = CONTACTS.c
    return [
        # Before 'answers', which MySQL would have set by then.
        (
            'since',
            sa.case((now.answers == new.answers, now.since), else_=new.since),
        ),
        ('answers', new.answers),
        ('reason', new.reason),
        ('found_at', new.found_at),
    ]


def forget(session: orm.Session, region_name: str) -> None:
    """Forget a region that is none any more."""
    session.execute(
        sa.delete(CONTACTS).where(CONTACTS.c.region_name == region_name)
    )
