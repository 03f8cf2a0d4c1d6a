# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""As whom central is asked in a request that Neutron serves without pecan."""

from collections.abc import Iterator
from unittest import mock

from neutron_lib import context as neutron_context
from neutron_lib import rpc as n_rpc
from oslo_config import cfg
import oslo_messaging
import pytest

from tricircle.local.asking import request
from tricircle.local.process import region


@pytest.fixture
def user() -> Iterator[neutron_context.Context]:
    """The context of a user whose request is served."""
    # Neutron looks up in its policies what the roles are.
    cfg.CONF([], default_config_files=[], default_config_dirs=[])
    with mock.patch.object(region, 'is_api_worker', lambda: True):
        yield neutron_context.Context(
            user_id='alice',
            project_id='p',
            roles=['member'],
            auth_token='alices-token',
            overwrite=True,
        )


def test_it_is_the_user_after_neutron_has_notified(
    user: neutron_context.Context,
) -> None:
    conf = cfg.ConfigOpts()
    conf([], project='neutron')
    transport = oslo_messaging.get_notification_transport(conf, 'fake://')
    oslo_messaging.Notifier(
        transport,
        'region',
        driver='noop',
        serializer=n_rpc.RequestContextSerializer(),
    ).info(user, 'floatingip.update.start', {})

    assert request.may_ask_central(user)

    assert request.caller().auth_token == 'alices-token'


def test_an_administrators_context_is_not_the_callers(
    user: neutron_context.Context,
) -> None:
    assert request.may_ask_central(neutron_context.get_admin_context())

    assert request.caller() is user
