# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies, as the engine must know them.

The QoS plugin tells of them nowhere in its transactions: what is written of
one is seen as SQLAlchemy writes it, see
:mod:`tricircle.central.engine.session_events`.
"""

from typing import Final

from neutron.db import rbac_db_models
from neutron.db.qos import models
from neutron_lib import exceptions as n_exc
from neutron_lib.exceptions import qos as errors
from neutron_lib.plugins import constants as plugin_constants

from tricircle.central.engine import kinds
from tricircle.central.engine import presence
from tricircle.db.central import qos_policies
from tricircle.replica import types


def _not_found(policy_id: str) -> n_exc.NotFound:
    return errors.QosPolicyNotFound(policy_id=policy_id)


def _grant(policy_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant_anywhere(types.QOS_POLICY, policy_id, region_name)


KIND: Final = kinds.Kind(
    type=types.QOS_POLICY,
    not_found=_not_found,
    omitted=qos_policies.omitted,
    model=models.QosPolicy,
    grant=_grant,
    tagged={'qos_policies': models.QosPolicy.__table__.c.id},
    rows={
        models.QosPolicy: 'id',
        **{
            model: 'qos_policy_id'
            for model in qos_policies.RULE_MODELS.values()
        },
        rbac_db_models.QosPolicyRBAC: 'object_id',
    },
    plugin=plugin_constants.QOS,
)
