# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Configuration files of the processes, as plain data until written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: section, then option, then value; None takes an option out
Options = Mapping[str, Mapping[str, Any]]


def merged(*layers: Options | None) -> dict[str, dict[str, Any]]:
    """Return one set of options, the later layers winning."""
    result: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for section, options in (layer or {}).items():
            result.setdefault(section, {}).update(options)
    return result


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, Mapping):
        return ','.join(f'{key}:{item}' for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ','.join(str(item) for item in value)
    # oslo.config takes a dollar sign for the name of another option.
    return str(value).replace('$', '$$')


def write(path: Path, options: Options) -> None:
    """Write an oslo.config file."""
    lines = []
    for section, values in options.items():
        lines.append(f'[{section}]')
        lines += [
            f'{name} = {_text(value)}'
            for name, value in values.items()
            if value is not None
        ]
        lines.append('')
    path.write_text('\n'.join(lines))


# Neutron's own pipeline without authtoken: who the caller is stands in the
# X-User-Id, X-Project-Id, X-Roles and X-Service-Roles headers, which are
# believed. The pipeline for auth_strategy = noauth would not do: it makes
# an admin of everybody.
API_PASTE = """
[composite:neutron]
use = egg:Paste#urlmap
/: neutronversions_composite
/v2.0: neutronapi_v2_0

[composite:neutronapi_v2_0]
use = call:neutron.auth:pipeline_factory
keystone = cors http_proxy_to_wsgi request_id catch_errors keystonecontext \
extensions neutronapiapp_v2_0

[composite:neutronversions_composite]
use = call:neutron.auth:pipeline_factory
keystone = cors http_proxy_to_wsgi neutronversions

[filter:request_id]
paste.filter_factory = oslo_middleware:RequestId.factory

[filter:catch_errors]
paste.filter_factory = oslo_middleware:CatchErrors.factory

[filter:cors]
paste.filter_factory = oslo_middleware.cors:filter_factory
oslo_config_project = neutron

[filter:http_proxy_to_wsgi]
paste.filter_factory = \
oslo_middleware.http_proxy_to_wsgi:HTTPProxyToWSGI.factory

[filter:keystonecontext]
paste.filter_factory = neutron.auth:NeutronKeystoneContext.factory

[filter:extensions]
paste.filter_factory = \
neutron.api.extensions:plugin_aware_extension_middleware_factory

[app:neutronversions]
paste.app_factory = neutron.pecan_wsgi.app:versions_factory

[app:neutronapiapp_v2_0]
paste.app_factory = neutron.api.v2.router:APIRouter.factory
"""
