# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Cinder's API for uWSGI, with a configuration file of the lab's.

Cinder's own module reads what is in /etc, which all regions share.
"""

import os
import sys

sys.argv = ['cinder-api', '--config-file', os.environ['LAB_CINDER_CONF']]

from cinder import policy  # noqa: E402 after the arguments are set
from cinder.wsgi import wsgi  # noqa: E402 it reads the arguments

application = wsgi.initialize_application()
# Else the first requests do it, and of two at once one finds it half done:
# PolicyNotRegistered, 500.
policy.init()
