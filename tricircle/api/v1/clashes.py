# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/clashes``: what a region has of its own, and central as well."""

from typing import Any

from oslo_config import cfg

from tricircle.api.v1 import pods
from tricircle.db.central.pod import clashes as central_clashes
from tricircle.plan import clashes
from tricircle.plan.state import Segment


def find(conf: cfg.ConfigOpts, body: dict[str, Any]) -> dict[str, Any]:
    """Tell which networks of a region clash with central's; change nothing.

    It is a POST because of what is asked about, which fits no query.
    """
    asked = body['region']
    own = [
        clashes.OwnNetwork(
            one['id'],
            tuple(
                Segment(
                    segment['network_type'],
                    segment.get('physical_network'),
                    segment.get('segmentation_id'),
                )
                for segment in one['segments']
            ),
        )
        for one in asked['networks']
    ]
    return pods.run(central_clashes.find, _shown, asked['region_name'], own)


def _shown(found: list[clashes.Clash]) -> dict[str, Any]:
    return {
        'clashes': [
            {
                'network_id': one.network_id,
                'kind': one.kind.value,
                'reason': one.reason,
                'remedy': one.remedy,
            }
            for one in found
        ]
    }
