# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Refusals are told to agents and callers, and do not fill logs."""

import logging
import sys

from neutron_lib import exceptions
from neutron_lib import rpc
from oslo_config import cfg
import oslo_messaging
from oslo_messaging._drivers import common
from oslo_messaging.rpc import dispatcher
import pytest

from tricircle.local.engine import expected
from tricircle.local.engine import refusals


class Endpoint:
    target = oslo_messaging.Target(version='1.3')

    def early(self, context):
        raise refusals.DhcpPortNotReserved(network_id='n')

    def away(self, context):
        raise refusals.CentralUnavailable(url='u', reason='no connection')

    def defect(self, context):
        raise KeyError('x')

    def answer(self, context, value):
        return value


@pytest.fixture
def endpoint():
    return expected.Endpoint(Endpoint())


def at_the_agent(endpoint, method):
    """Return what an agent gets, which has the same libraries."""
    try:
        getattr(endpoint, method)({})
    except dispatcher.ExpectedException as exc:
        return common.deserialize_remote_exception(
            common.serialize_remote_exception(exc.exc_info),
            rpc._DFT_EXMODS,
        )
    return None


def test_answers_and_versions_are_those_of_the_endpoint(endpoint):
    assert endpoint.answer({}, value=1) == 1
    assert endpoint.target is Endpoint.target
    assert not hasattr(endpoint, 'nothing')


def test_a_dhcp_agent_that_is_early_synchronises_again_in_silence(endpoint):
    """Neutron's agent does that for this error, and logs it for debugging."""
    found = at_the_agent(endpoint, 'early')

    assert isinstance(found, oslo_messaging.RemoteError)
    assert found.exc_type == 'NetworkNotFound'
    assert 'no reserved port for another DHCP server' in str(found)


def test_other_refusals_reach_the_agent_as_they_are(endpoint):
    found = at_the_agent(endpoint, 'away')

    assert isinstance(found, oslo_messaging.RemoteError)
    assert found.exc_type == 'CentralUnavailable'


def test_a_defect_is_not_expected(endpoint):
    with pytest.raises(KeyError):
        endpoint.defect({})


@pytest.fixture
def client(endpoint):
    """An agent, and the server that serves it, over a broker in memory."""
    transport = oslo_messaging.get_rpc_transport(
        cfg.CONF, 'fake://', allowed_remote_exmods=rpc._DFT_EXMODS
    )
    server = oslo_messaging.get_rpc_server(
        transport,
        oslo_messaging.Target(topic='plugin', server='one'),
        [endpoint],
        executor='threading',
    )
    server.start()
    yield oslo_messaging.get_rpc_client(
        transport,
        oslo_messaging.Target(topic='plugin', version='1.0'),
        timeout=30,
    )
    server.stop()
    server.wait()


def test_a_server_serves_it_and_logs_no_refusal(client, caplog):
    assert client.call({}, 'answer', value=1) == 1
    with pytest.raises(exceptions.NetworkNotFound):
        client.call({}, 'early')
    with pytest.raises(refusals.CentralUnavailable):
        client.call({}, 'away')

    assert 'Exception during message handling' not in caplog.text
    with pytest.raises(KeyError):
        client.call({}, 'defect')
    assert 'Exception during message handling' in caplog.text


@pytest.fixture
def logged(caplog):
    expected.in_logs_of_the_api()
    expected.in_logs_of_the_api()

    def log_exception(exc, name='neutron.pecan_wsgi.hooks.translation'):
        log = logging.getLogger(name)
        try:
            raise exc
        except type(exc):
            log.error('%s failed.', 'POST', exc_info=sys.exc_info())
        (record,) = caplog.records
        return record

    return log_exception


def test_a_refusal_is_one_line_in_the_log_of_the_api(logged):
    record = logged(
        refusals.CentralUnavailable(url='u', reason='no connection')
    )

    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert record.getMessage().startswith('POST failed.: Central Neutron')


@pytest.mark.parametrize(
    ('exc', 'log'),
    [
        # The rules of networks that are not here ask central for them.
        (
            refusals.CentralUnavailable(url='u', reason='away'),
            'neutron.policy',
        ),
        # Central wants a port back that somebody uses again.
        (
            refusals.ReplicaInUse(type='port', id='1', reason='it is bound'),
            'neutron.plugins.ml2.managers',
        ),
    ],
)
def test_a_refusal_is_one_line_wherever_neutron_logs_it(logged, exc, log):
    record = logged(exc, log)

    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert str(exc) in record.getMessage()


@pytest.mark.parametrize(
    'log',
    [
        'neutron.pecan_wsgi.hooks.translation',
        'neutron.policy',
        'neutron.plugins.ml2.managers',
    ],
)
def test_a_defect_keeps_its_traceback(logged, log):
    record = logged(KeyError('x'), log)

    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
