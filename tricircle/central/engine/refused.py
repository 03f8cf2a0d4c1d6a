# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region refused of what it had pulled, shown until XJob looks.

A region has some time to report what it pulled before XJob looks after it.
What it cannot have is to be seen before that.
"""

from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.replica import messages

_Journal = central_models.JournalEntry


@retries.bounded
def take(
    resource_type: str,
    resource_id: str,
    region_name: str,
    body: messages.RefusedBody,
) -> None:
    """Note why a region has not got what it pulled.

    Of another generation than the one that is wanted, or when XJob has tried
    meanwhile, it says nothing new. When the next try is, stays.
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.update(_Journal)
            .where(
                _Journal.id
                == intent.entry_id(resource_type, resource_id, region_name),
                _Journal.pending,
                _Journal.counter == body['counter'],
                _Journal.attempts == 0,
                intent.current_epoch() == body['epoch'],
            )
            .values(reason=body['reason'])
            .execution_options(synchronize_session=False)
        )
