# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A cloud of real Neutron processes for tests, without Keystone or agents.

Start with :class:`Cloud`; in tests, with the ``cloud`` fixture.
"""

from tests.functional.cloud.client import ADMIN
from tests.functional.cloud.client import ApiError
from tests.functional.cloud.client import Identity
from tests.functional.cloud.client import MEMBER
from tests.functional.cloud.client import NeutronClient
from tests.functional.cloud.client import READER
from tests.functional.cloud.client import refused
from tests.functional.cloud.client import SERVICE
from tests.functional.cloud.daemons import AdminApi
from tests.functional.cloud.daemons import XJob
from tests.functional.cloud.fault_proxy import FaultProxy
from tests.functional.cloud.faults import Action
from tests.functional.cloud.faults import Call
from tests.functional.cloud.faults import CallRecord
from tests.functional.cloud.faults import Fault
from tests.functional.cloud.mariadb import PrivateMariaDB
from tests.functional.cloud.mariadb import Statements
from tests.functional.cloud.multi_region import Cloud
from tests.functional.cloud.multi_region import Region
from tests.functional.cloud.neutron import NeutronProcess
from tests.functional.cloud.nova import Instance
from tests.functional.cloud.nova import INTERRUPTED
from tests.functional.cloud.nova import Nova
from tests.functional.cloud.nova import nova_boot
from tests.functional.cloud.nova import nova_delete
from tests.functional.cloud.nova import NovaError
from tests.functional.cloud.process import Process
from tests.functional.cloud.process import ProcessFailedError
from tests.functional.cloud.roles import Build
from tests.functional.cloud.roles import CENTRAL_REGION
from tests.functional.cloud.schema import Schema
from tests.functional.cloud.waiting import eventually
from tests.functional.cloud.workspace import Workspace

__all__ = [
    'ADMIN',
    'CENTRAL_REGION',
    'INTERRUPTED',
    'MEMBER',
    'READER',
    'SERVICE',
    'Action',
    'AdminApi',
    'ApiError',
    'Build',
    'Call',
    'CallRecord',
    'Cloud',
    'Fault',
    'FaultProxy',
    'Identity',
    'Instance',
    'NeutronClient',
    'NeutronProcess',
    'Nova',
    'NovaError',
    'PrivateMariaDB',
    'Process',
    'ProcessFailedError',
    'Region',
    'Schema',
    'Statements',
    'Workspace',
    'XJob',
    'eventually',
    'nova_boot',
    'nova_delete',
    'refused',
]
