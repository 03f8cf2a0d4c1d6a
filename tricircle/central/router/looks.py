# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Looking once more for routers that a transaction could not see."""

from typing import Final

from neutron_lib import context as n_context
from neutron_lib.db import api as db_api

from tricircle.db import retries
from tricircle.journal import router_intents

#: Looks in one transaction; there is one for each who looked in vain.
_AT_ONCE: Final = 500


def look_again() -> None:
    """Have routers laid out that those did not see who looked for them.

    Nearly always there is no such router. It may be done by two processes at
    once: a router is then laid out twice. See
    :mod:`tricircle.journal.second_look`.
    """
    while _look_again():
        pass


@retries.bounded
def _look_again() -> bool:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        return router_intents.look_again(context.session, _AT_ONCE)
