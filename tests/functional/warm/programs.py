# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What Tricircle's programs import that is not Tricircle's."""

# ruff: noqa: F401
import jsonschema
from keystoneauth1 import identity
from keystoneauth1 import loading
from keystoneauth1 import service_token
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from keystonemiddleware import auth_token
from neutron.db.models import tag
from neutron.db.models import uplink_status_propagation
from neutron.db.port_security import models as port_security
from neutron.db.qos import models as qos
from neutron.extensions import securitygroup
from neutron.plugins.ml2 import models
from neutron_lib.api.validators import availability_zone
from oslo_db.sqlalchemy import enginefacade
from oslo_log import log
import oslo_messaging
import oslo_messaging._drivers.impl_fake
from oslo_policy import policy
import pymysql
import requests
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql import pymysql as dialect
import waitress

# What models of its own a process adds is configured when it has them.
orm.configure_mappers()
