# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is below a resource in the API, and what is not.

The sub-resource ``replicas`` is served in front of Neutron's pecan, where its
own checks stand. Neutron lets pecan serve it too, without them, at a path
that only differs by a slash at its end: that has to be nothing.
"""

from typing import Any, NoReturn

from neutron.pecan_wsgi.controllers import utils
import webob.exc

from tricircle.replica import kinds


class NothingHere:
    """A controller in pecan at which there is nothing."""

    @property
    def resource(self) -> NoReturn:
        """Say so, when Neutron asks what it has found."""
        raise webob.exc.HTTPNotFound()


def pecan_resources(plugin: Any) -> list[utils.PecanResourceExtension]:
    """Return what is registered before Neutron registers its own.

    :param plugin: the core plugin
    """
    return [
        utils.PecanResourceExtension(
            f'{kind.member}/replicas', NothingHere(), plugin
        )
        for kind in kinds.KINDS
        if kind.collection
    ]
