# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Core plugin of a region: ``core_plugin = ...local_plugin.TricirclePlugin``.

Which class does the work is known from the configuration when Neutron loads
this module.
"""

from typing import Any

from neutron_lib.utils import runtime
from oslo_config import cfg

from tricircle.conf import local as local_conf

# So that Neutron finds our API extensions without api_extensions_path.
import tricircle.extensions  # noqa: F401
from tricircle.local import plugin

__all__ = ['TricirclePlugin']


def _real_core_plugin() -> Any:
    local_conf.register(cfg.CONF)
    return runtime.load_class_by_alias_or_classname(
        'neutron.core_plugins', cfg.CONF[local_conf.GROUP].real_core_plugin
    )


_RealPlugin: Any = _real_core_plugin()


class TricirclePlugin(plugin.LocalPlugin, _RealPlugin):
    """The region's core plugin: one object, Tricircle's part in front."""
