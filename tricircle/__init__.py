# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networking automation across the Neutrons of several OpenStack regions."""

from importlib import metadata
import warnings

from oslo_service import backend

__version__ = metadata.version('tricircle')

# Importing oslo_service.service settles the backend for the life of the
# process, and its default is still eventlet. Neutron's package makes the
# same choice when imported; the same choice twice is no error.
with warnings.catch_warnings():
    # The backend's libraries look whether eventlet is installed, and eventlet
    # answers with a page of text: not in every `openstack` command.
    warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
    try:
        backend.init_backend(backend.BackendType.THREADING)
        _threads = True
    except backend.exceptions.BackendAlreadySelected:
        _threads = False

if not _threads:
    # A tool such as oslo-config-generator loads many projects into one
    # process, and another may have been first. It only reads our options, so
    # it is not refused.
    warnings.warn(
        'oslo.service does not run on threads in this process: a tool may '
        'read options like this, no Tricircle service may run like this',
        RuntimeWarning,
        stacklevel=2,
    )
