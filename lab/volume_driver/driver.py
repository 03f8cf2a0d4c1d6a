# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Cinder's driver for volumes that are files of the laboratory.

All hosts of the laboratory are on one machine: a connection is the path of
the file.
"""

import os
from pathlib import Path
from typing import Any

from cinder import exception
from cinder.volume import driver

from lab.volume_driver import files


class FileDriver(driver.VolumeDriver):  # type: ignore[misc]
    """Volumes in the folder that LAB_VOLUMES names."""

    VERSION = '1.0.0'

    def do_setup(self, context: Any) -> None:
        self._files = files.Files(Path(os.environ['LAB_VOLUMES']))

    def check_for_setup_error(self) -> None:
        if not self._files.path('').is_dir():
            raise exception.VolumeBackendAPIException(
                data=f'there is no folder {self._files.path("")}'
            )

    def _update_volume_stats(self) -> None:
        self._stats = {
            'volume_backend_name': self.configuration.safe_get(
                'volume_backend_name'
            ),
            'vendor_name': 'Tricircle',
            'driver_version': self.VERSION,
            'storage_protocol': 'local',
            'multiattach': False,
            'pools': [
                {
                    'pool_name': 'files',
                    # Sparse: more than the machine has.
                    'total_capacity_gb': 1000,
                    'free_capacity_gb': 1000,
                    'reserved_percentage': 0,
                    'multiattach': False,
                    'QoS_support': False,
                    'consistent_group_snapshot_enabled': False,
                }
            ],
        }

    def local_path(self, volume: Any) -> str:
        return str(self._files.path(volume.name))

    # Volumes and snapshots

    def create_volume(self, volume: Any) -> None:
        self._files.make(volume.name, volume.size)

    def delete_volume(self, volume: Any) -> None:
        self._files.remove(volume.name)

    def extend_volume(self, volume: Any, new_size: int) -> None:
        self._files.resize(volume.name, new_size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        self._files.copy(src_vref.name, volume.name, volume.size)

    def create_snapshot(self, snapshot: Any) -> None:
        self._files.copy(
            snapshot.volume.name, snapshot.name, snapshot.volume_size
        )

    def delete_snapshot(self, snapshot: Any) -> None:
        self._files.remove(snapshot.name)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        self._files.copy(snapshot.name, volume.name, volume.size)

    def revert_to_snapshot(
        self, context: Any, volume: Any, snapshot: Any
    ) -> None:
        self._files.take_back(snapshot.name, volume.name, volume.size)

    def migrate_volume(
        self, context: Any, volume: Any, host: Any
    ) -> tuple[bool, None]:
        return False, None

    # Images: raw ones, as they are

    def clone_image(
        self,
        context: Any,
        volume: Any,
        image_location: Any,
        image_meta: Any,
        image_service: Any,
    ) -> tuple[dict[str, Any] | None, bool]:
        # Whatever Cinder itself would do needs qemu-img.
        if image_meta.get('disk_format') != 'raw':
            return None, False
        self.create_volume(volume)
        with self._files.path(volume.name).open('r+b') as file:
            image_service.download(context, image_meta['id'], file)
        self.extend_volume(volume, volume.size)
        return {}, True

    def copy_volume_to_image(
        self, context: Any, volume: Any, image_service: Any, image_meta: Any
    ) -> None:
        # The laboratory's Glance takes no chunks of this size.
        raise NotImplementedError

    # Connections

    def ensure_export(self, context: Any, volume: Any) -> None:
        pass

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        pass

    def remove_export(self, context: Any, volume: Any) -> None:
        pass

    def initialize_connection(
        self, volume: Any, connector: Any, **options: Any
    ) -> dict[str, Any]:
        return {
            'driver_volume_type': 'local',
            'data': {'device_path': self.local_path(volume)},
        }

    def terminate_connection(
        self, volume: Any, connector: Any, **options: Any
    ) -> None:
        self._files.resize(volume.name, volume.size)
