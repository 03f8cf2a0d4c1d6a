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

They come with the networks, ports and routers that name them, or when
somebody asks for one.
"""

from typing import Final

from neutron.db.qos import models
from neutron.objects.qos import policy as objects

from tricircle.local.engine import kinds
from tricircle.local.qos import applier
from tricircle.local.qos import plugin
from tricircle.replica import types
from tricircle.replica.kinds import qos_policy as contract

KIND: Final = kinds.Kind(
    type=types.QOS_POLICY,
    applier=applier.QosPolicyApplier(
        contract.KIND, objects.QosPolicy, objects.QosPolicyRBAC
    ),
    shared_as=('qos_policy', plugin.NOUN),
    model=models.QosPolicy,
)
