# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Nova's virt driver for instances that are network namespaces.

Found by Nova as ``nova.virt.lab_namespace``.
"""

from collections.abc import Callable
import os
from pathlib import Path
from typing import Any

from nova import exception
from nova.compute import power_state
import nova.conf
from nova.virt import driver
from nova.virt import fake
from nova.virt import hardware
from nova.virt import node
from oslo_log import log as logging

from lab.nova_driver import instance as instances

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)


class NamespaceDriver(fake.FakeDriver):  # type: ignore[misc]
    """Everything but networking is that of Nova's own fake driver."""

    vcpus = 64
    memory_mb = 65536
    local_gb = 500

    def init_host(self, host: str) -> None:
        super().init_host(host)
        # The fake driver makes up another one in each process.
        self._uuid = node.get_local_node_uuid()
        self._folder = Path(os.environ['LAB_INSTANCES'])
        self._consoles = Path(os.environ['LAB_CONSOLES'])

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        return {self._uuid: self._host}

    def get_available_resource(self, nodename: str) -> Any:
        found = super().get_available_resource(nodename)
        if found:
            found['uuid'] = self._uuid
        return found

    def _of(self, instance: Any) -> instances.Instance:
        return instances.Instance(instance.uuid, self._folder, self._consoles)

    @staticmethod
    def _interface(vif: Any) -> instances.Interface:
        return instances.Interface(
            id=vif['id'],
            mac=vif['address'],
            bridge=vif['network']['bridge'] or 'br-int',
            mtu=int(vif['network']['meta'].get('mtu') or 1500),
        )

    # What is there

    def list_instance_uuids(self) -> list[str]:
        return [path.stem for path in self._folder.glob('*.json')]

    def list_instances(self) -> list[str]:
        return self.list_instance_uuids()

    def instance_exists(self, instance: Any) -> bool:
        return self._of(instance).exists

    def get_num_instances(self) -> int:
        return len(self.list_instance_uuids())

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        one = self._of(instance)
        if not one.exists:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        state = power_state.RUNNING if one.running else power_state.SHUTDOWN
        return hardware.InstanceInfo(state=state)

    def get_console_output(self, context: Any, instance: Any) -> str:
        path = self._of(instance).console
        return path.read_text() if path.exists() else ''

    # Life

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        self._spawn(instance, network_info, block_device_info)

    def _spawn(
        self, instance: Any, network_info: Any, block_device_info: Any
    ) -> None:
        # Nova allocates ports meanwhile, and says here that it could not. It
        # does not have the driver destroy anything then.
        vifs = list(network_info or [])
        one = self._of(instance)
        one.note({'name': instance.display_name})
        one.disks.attach_all(_volumes(block_device_info))
        events = [
            ('network-vif-plugged', vif['id'])
            for vif in vifs
            if not vif.get('active', True)
        ]
        one.power_on()
        try:
            with self.virtapi.wait_for_instance_event(
                instance, events, timeout=CONF.vif_plugging_timeout
            ):
                for vif in vifs:
                    one.plug(self._interface(vif))
                for vif in vifs:
                    self._see_wired(one, self._interface(vif))
        except exception.InstanceEventTimeout as exc:
            LOG.warning('No answer from Neutron about %s', events)
            if CONF.vif_plugging_is_fatal:
                raise exception.VirtualInterfaceCreateException() from exc
        for vif in vifs:
            one.lease(self._interface(vif))

    @staticmethod
    def _see_wired(
        one: instances.Instance, interface: instances.Interface
    ) -> None:
        """Plug an interface once more that the agent has overlooked.

        Neutron's agent hears of an interface from one connection to Open
        vSwitch and reads it over another. When the second is behind, the
        agent finds no ofport, says that it tries again, and does not
        (neutron 29, treat_vif_port() of ovs_neutron_agent).
        """
        if not one.wired(interface):
            LOG.warning(
                'The agent has not wired port %s: it is plugged anew',
                interface.id,
            )
            one.unplug(interface)
            one.plug(interface)

    def _join(
        self, one: instances.Instance, interface: instances.Interface
    ) -> None:
        """Wait for an interface that is plugged, and have it get a lease."""
        self._see_wired(one, interface)
        one.lease(interface)

    def _start(
        self, instance: Any, network_info: Any, block_device_info: Any
    ) -> None:
        one = self._of(instance)
        one.disks.attach_all(_volumes(block_device_info))
        one.power_on()
        interfaces = [self._interface(vif) for vif in network_info or []]
        for each in interfaces:
            one.plug(each)
        for each in interfaces:
            self._join(one, each)

    def resume_state_on_host_boot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        share_info: Any = None,
        block_device_info: Any = None,
    ) -> None:
        if not self._of(instance).running:
            self._start(instance, network_info, block_device_info)

    def power_on(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self._start(instance, network_info, block_device_info)

    def power_off(self, instance: Any, *more: Any, **options: Any) -> None:
        vifs = instance.get_network_info()
        self._of(instance).power_off(self._interface(one) for one in vifs)

    def reboot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self._of(instance).power_off(
            self._interface(one) for one in network_info or []
        )
        self._start(instance, network_info, block_device_info)

    def destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        *more: Any,
        **options: Any,
    ) -> None:
        one = self._of(instance)
        one.power_off(self._interface(vif) for vif in network_info or [])
        one.destroy()

    def cleanup(self, *more: Any, **options: Any) -> None:
        """Nothing is left after destroy()."""

    # To another host, or to the same one with another flavor

    def migrate_disk_and_power_off(
        self,
        context: Any,
        instance: Any,
        dest: str,
        flavor: Any,
        network_info: Any,
        *more: Any,
        **options: Any,
    ) -> str:
        one = self._of(instance)
        one.power_off(self._interface(vif) for vif in network_info or [])
        one.set_aside()
        # Disks, of which there are none, in Nova's own words.
        return '[]'

    def finish_migration(
        self,
        context: Any,
        migration: Any,
        instance: Any,
        disk_info: Any,
        network_info: Any,
        image_meta: Any,
        resize_instance: bool,
        allocations: Any,
        block_device_info: Any = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self._spawn(instance, network_info, block_device_info)

    def finish_revert_migration(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        migration: Any,
        block_device_info: Any = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self._spawn(instance, network_info, block_device_info)

    def confirm_migration(
        self, context: Any, migration: Any, instance: Any, network_info: Any
    ) -> None:
        # It runs, perhaps here.
        self._of(instance).forget_aside()

    # While it runs

    def pre_live_migration(
        self,
        context: Any,
        instance: Any,
        block_device_info: Any,
        network_info: Any,
        disk_info: Any,
        migrate_data: Any,
    ) -> Any:
        one = self._of(instance)
        one.note({'name': instance.display_name})
        one.disks.attach_all(_volumes(block_device_info))
        one.power_on()
        for vif in network_info or []:
            one.plug(self._interface(vif))
        return migrate_data

    def live_migration(
        self,
        context: Any,
        instance: Any,
        dest: str,
        post_method: Callable[..., None],
        recover_method: Callable[..., None],
        block_migration: bool = False,
        migrate_data: Any = None,
    ) -> None:
        # The guest is elsewhere now; its interfaces here stay until Neutron
        # has been told so, as libvirt's do.
        one = self._of(instance)
        for vif in instance.get_network_info():
            one.unlink(self._interface(vif))
        post_method(context, instance, dest, block_migration, migrate_data)

    def post_live_migration_at_source(
        self, context: Any, instance: Any, network_info: Any
    ) -> None:
        self.destroy(context, instance, network_info)

    def post_live_migration_at_destination(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        *more: Any,
        **options: Any,
    ) -> None:
        one = self._of(instance)
        for vif in network_info or []:
            self._join(one, self._interface(vif))

    def rollback_live_migration_at_destination(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        *more: Any,
        **options: Any,
    ) -> None:
        self.destroy(context, instance, network_info)

    # Volumes and interfaces of one that is there

    def attach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        *more: Any,
        **options: Any,
    ) -> None:
        self._of(instance).disks.attach(connection_info, mountpoint)

    def detach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: str,
        encryption: Any = None,
    ) -> None:
        self._of(instance).disks.detach(mountpoint)

    def swap_volume(
        self,
        context: Any,
        old_connection_info: Any,
        new_connection_info: Any,
        instance: Any,
        mountpoint: str,
        resize_to: int,
    ) -> None:
        # The bytes of one would have to be copied to the other.
        raise NotImplementedError

    def extend_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        requested_size: int,
    ) -> None:
        """Nothing to do: a disk is the file of its volume."""

    def attach_interface(
        self, context: Any, instance: Any, image_meta: Any, vif: Any
    ) -> None:
        one = self._of(instance)
        one.plug(self._interface(vif))
        self._join(one, self._interface(vif))

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        self._of(instance).unplug(self._interface(vif))


def _volumes(block_device_info: Any) -> list[tuple[Any, str]]:
    """Return the connections and the devices of an instance's volumes."""
    return [
        (one['connection_info'], one['mount_device'])
        for one in driver.block_device_info_get_mapping(block_device_info)
    ]
