# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What every Neutron of the tests imports, whatever its role.

Nothing of Tricircle's and nothing that only some roles load: each process
must import these itself, as it would on its own, when its configuration
names them. Reads no configuration.
"""

# ruff: noqa: F401
import jsonschema
from neutron import auth
from neutron.api.v2 import router
from neutron.conf import policies
from neutron.db.quota import driver
from neutron.db.quota import driver_nolock
from neutron.pecan_wsgi import app
from neutron.pecan_wsgi import startup
from neutron.plugins.ml2 import plugin
from neutron.plugins.ml2.drivers import type_flat
from neutron.plugins.ml2.drivers import type_local
from neutron.plugins.ml2.drivers import type_vlan
from neutron.plugins.ml2.drivers import type_vxlan
from neutron.scheduler import l3_agent_scheduler
from neutron.server import api
from neutron.services.auto_allocate import plugin as auto_allocate
from neutron.services.flavors import flavors_plugin
from neutron.services.l3_router import l3_router_plugin
from neutron.services.l3_router.service_providers import dvr
from neutron.services.l3_router.service_providers import dvrha
from neutron.services.l3_router.service_providers import ha
from neutron.services.l3_router.service_providers import single_node
from neutron.services.network_ip_availability import plugin as availability
from neutron.services.revisions import revision_plugin
from neutron.services.tag import tag_plugin
from neutron.services.timestamp import timestamp_plugin
import oslo_messaging._drivers.impl_fake
from paste import urlmap
import pymysql
import pyuwsgi
from sqlalchemy import orm
from sqlalchemy.dialects.mysql import pymysql as dialect
import sqlalchemy.dialects.postgresql

# What models of its own a process adds is configured when it has them.
orm.configure_mappers()
