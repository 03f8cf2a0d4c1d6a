# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Cinder's own list of paths: prints method and path, one a line.

A program of its own, as Cinder takes a database and a broker to be there, and
a process that has imported it is not the same any more.
"""

from unittest import mock


def main() -> None:
    """Print them."""
    from cinder import objects
    from cinder import rpc
    from oslo_config import cfg
    from oslo_db import options

    objects.register_all()
    from cinder.volume import api  # noqa: F401 before the router needs it

    conf = cfg.CONF
    conf([], default_config_files=[])
    conf.register_opts(options.database_opts, 'database')
    conf.set_override('connection', 'sqlite://', 'database')
    with mock.patch.object(rpc.RPCAPI, '__init__', lambda self: None):
        from cinder.api.v3 import router

        found = router.APIRouter().map.matchlist
    for route in found:
        methods = (route.conditions or {}).get('method') or ['*']
        for method in methods:
            print(method, route.routepath)


if __name__ == '__main__':
    main()
