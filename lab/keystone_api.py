# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Keystone's WSGI application, with its policy loaded before it serves.

Keystone loads it for the first request that has to be judged. Others that
come meanwhile find a policy without rules and are refused with 403, as when
all services of a cloud start at once. (Its ``RBACEnforcer._enforcer`` shows
the object before it has registered the rules.)
"""

from keystone.common.rbac_enforcer import enforcer
from keystone.wsgi import api

application = api.application

# As Keystone has it in a request: one line for all deprecated rules.
enforcer.RBACEnforcer.suppress_deprecation_warnings = True
enforcer.RBACEnforcer()._enforcer.load_rules()
