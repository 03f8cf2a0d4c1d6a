# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import threading
from unittest import mock

from neutron.notifiers import batch_notifier
from neutron_lib import rpc as n_rpc
from neutron_lib.plugins import directory
import oslo_messaging
import pytest

from tricircle.central.server import notifiers


class Core:
    pass


@pytest.fixture
def installed():
    """Install for Core, in place of what others installed."""
    with (
        mock.patch.object(notifiers, '_installed', False),
        mock.patch.object(n_rpc, 'get_client', lambda target: 'client'),
        mock.patch.object(n_rpc, 'get_notifier', lambda name: mock.Mock()),
        mock.patch.object(
            batch_notifier.BatchNotifier,
            'queue_event',
            lambda self, event: self.callback([event]),
        ),
    ):
        notifiers.install(Core)
        yield


@pytest.fixture
def core():
    with mock.patch.object(
        directory, 'get_plugin', autospec=True
    ) as get_plugin:
        yield get_plugin


def test_central_has_nobody_to_call(installed, core):
    core.return_value = Core()

    client = n_rpc.get_client('target')

    client.prepare(fanout=True, topic='t').cast({}, 'hello', what='ever')
    assert client.prepare().can_send_version()
    with pytest.raises(oslo_messaging.MessagingTimeout):
        client.prepare().call({}, 'hello')


def test_other_core_plugins_call_whom_they_did(installed, core):
    core.return_value = object()

    assert n_rpc.get_client('target') == 'client'


def test_central_has_no_nova_to_tell(installed, core):
    core.return_value = Core()
    told = []

    batch_notifier.BatchNotifier(0, told.append).queue_event('deleted')

    assert told == []


def test_other_core_plugins_tell_nova_what_they_did(installed, core):
    core.return_value = object()
    told = []

    batch_notifier.BatchNotifier(0, told.append).queue_event('deleted')

    assert told == [['deleted']]


def test_notifications_are_sent_by_a_thread(installed, core):
    core.return_value = Core()
    senders = []

    with mock.patch.object(notifiers, '_notifications_are_sent', lambda: True):
        notifier = n_rpc.get_notifier('network')
    notifier._notifier.info = lambda *args: senders.append(
        (threading.current_thread(), *args)
    )
    notifier.info({}, 'network.create.end', {'id': 1})
    notifiers._sender.wait()

    [(thread, context, event, payload)] = senders
    assert thread is not threading.current_thread()
    assert (context, event, payload) == ({}, 'network.create.end', {'id': 1})


def test_without_drivers_nothing_is_put_off(installed, core):
    core.return_value = Core()
    with mock.patch.object(
        notifiers, '_notifications_are_sent', lambda: False
    ):
        notifier = n_rpc.get_notifier('network')

    assert not isinstance(notifier, notifiers.BackgroundNotifier)


def test_sender_drops_what_is_too_much_and_never_waits():
    stuck, sent = threading.Event(), []
    sender = notifiers.Sender(waiting=2)
    sender.later(stuck.wait)
    # The thread has taken the first; two more may wait.
    while sender._queue.qsize():
        pass

    for number in range(5):
        sender.later(sent.append, number)
    stuck.set()
    sender.wait()

    assert sent == [0, 1]


def test_sender_survives_what_fails():
    sent: list[int] = []
    sender = notifiers.Sender()

    sender.later(mock.Mock(side_effect=OSError))
    sender.later(sent.append, 1)
    sender.wait()

    assert sent == [1]


def test_all_methods_of_a_notifier_do_nothing():
    nobody = notifiers.NoAgents()

    nobody.routers_updated('context', ['id'], operation='x')
    nobody.anything()
    assert not hasattr(nobody, '__anything__')
