# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the programs of the gateways have in common: serving until stopped."""

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import auth
from tricircle.cmd import program
from tricircle.db import readiness
from tricircle.gateway import deploy
from tricircle.gateway.api import service as services
from tricircle.gateway.mirroring import worker

LOG = logging.getLogger(__name__)


def _check(conf: cfg.ConfigOpts) -> None:
    readiness.check(conf)
    auth.check_keystone(conf)


def serve(
    prog: str, argv: list[str], service: services.Service, port: str
) -> int:
    """Serve an API of all regions.

    :param prog: name of the program
    :param port: name of the option with the port
    """
    conf = cfg.CONF
    deploy.configure(conf, argv)
    auth.check(conf)
    program.wait(conf, _check, LOG.warning)
    cloud = deploy.cloud(conf, service)
    app = deploy.application(conf, cloud)
    worker.Worker(cloud, conf.gateway.mirror_interval).start()
    address = (conf.gateway.bind_host, conf.gateway[port])
    LOG.info('%s listens on %s port %d', prog, *address)
    program.serve(app, prog, address, conf.gateway.workers, '[gateway]')
    return 0
