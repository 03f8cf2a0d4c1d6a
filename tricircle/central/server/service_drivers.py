# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Drivers of service plugins: central takes what ML2/Open vSwitch takes.

QoS policies, trunks and log resources are accepted in central as a plain
Neutron with the Open vSwitch driver accepts them. Nothing is done with them
here; regions do. None of these drivers needs an agent.
"""

import dataclasses
import importlib
from typing import Any, Final

from neutron.services.logapi.drivers import base as log_base
from neutron.services.logapi.drivers.openvswitch import driver as ovs_log
from neutron.services.qos.drivers.openvswitch import driver as ovs_qos
from neutron.services.trunk.drivers import base as trunk_base
from neutron.services.trunk.drivers.openvswitch import driver as ovs_trunk
from neutron_lib.api.definitions import portbindings
from neutron_lib.services.qos import base as qos_base

NAME: Final = 'tricircle'

_VIF_TYPES: Final = [
    portbindings.VIF_TYPE_OVS,
    portbindings.VIF_TYPE_VHOST_USER,
]


class QosDriver(qos_base.DriverBase):
    """Supports the rules of Open vSwitch."""

    def __init__(self) -> None:
        super().__init__(
            NAME,
            vif_types=_VIF_TYPES,
            vnic_types=[portbindings.VNIC_NORMAL, portbindings.VNIC_DIRECT],
            supported_rules=ovs_qos.SUPPORTED_RULES,
            requires_rpc_notifications=False,
        )

    def validate_rule_for_port(
        self, context: Any, rule: Any, port: Any
    ) -> bool:
        return bool(
            self.validate_rule_for_network(context, rule, port.network_id)
        )


class TrunkDriver(trunk_base.DriverBase):
    """Trunks VLANs, on the interfaces that Open vSwitch trunks."""

    def __init__(self) -> None:
        super().__init__(
            NAME,
            ovs_trunk.SUPPORTED_INTERFACES,
            ovs_trunk.SUPPORTED_SEGMENTATION_TYPES,
            agent_type=None,
        )

    @property
    def is_loaded(self) -> bool:
        return True


class LogDriver(log_base.DriverBase):
    """Logs security groups."""

    def __init__(self) -> None:
        super().__init__(
            NAME,
            vif_types=_VIF_TYPES,
            vnic_types=[portbindings.VNIC_NORMAL],
            supported_logging_types=ovs_log.SUPPORTED_LOGGING_TYPES,
            requires_rpc=False,
        )
        # Makes the checks of log resources known.
        importlib.import_module('neutron.services.logapi.common.sg_validate')


@dataclasses.dataclass(frozen=True)
class ServiceDrivers:
    """The drivers. They are registered as long as this is referred to.

    Each waits for its service plugin, which may or may not be loaded.
    """

    qos: QosDriver = dataclasses.field(default_factory=QosDriver)
    trunk: TrunkDriver = dataclasses.field(default_factory=TrunkDriver)
    log: LogDriver = dataclasses.field(default_factory=LogDriver)
