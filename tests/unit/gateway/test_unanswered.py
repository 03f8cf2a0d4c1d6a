# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is known of a request that a region did not answer."""

from collections.abc import Iterator
import contextlib
import socket
import ssl
import threading
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exc
import pytest
import requests

from tricircle.client import auth
from tricircle.conf import client as client_conf
from tricircle.conf import gateway as gateway_conf
from tricircle.db import session as sessions
from tricircle.db.central.pod import pods as db_pods
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions

DISTRUSTED = ssl.SSLCertVerificationError(1, 'self-signed certificate')
# OpenSSL sets it.
DISTRUSTED.verify_message = 'self-signed certificate'
POST = exchange.Question('POST', '/servers', body=b'{}')


class Keystone:
    """A catalogue of one endpoint.

    :ivar url: of that
    """

    def __init__(self) -> None:
        self.url = ''
        self.session = requests.Session()
        self.session.trust_env = False

    def get_endpoint(self, **_options: Any) -> str:
        """Return the URL of the region."""
        return self.url


@pytest.fixture
def keystone(monkeypatch: pytest.MonkeyPatch) -> Keystone:
    made = Keystone()
    monkeypatch.setattr(auth, 'service_session', lambda conf: made)
    return made


@pytest.fixture
def there(keystone: Keystone) -> regions.Regions:
    conf = cfg.ConfigOpts()
    client_conf.register(conf)
    gateway_conf.register(conf)
    conf([], project='tricircle')
    conf.set_override('region_timeout', 1.0, 'gateway')
    return regions.Regions(conf, 'compute', 'v2.1')


@contextlib.contextmanager
def listening(answers: Any) -> Iterator[str]:
    """Have a server that does something with the one connection it gets."""
    with socket.create_server(('127.0.0.1', 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                connection.recv(65536)
                answers(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f'http://127.0.0.1:{server.getsockname()[1]}/v2.1'
        thread.join()


def away(there: regions.Regions) -> regions.RegionAway:
    with pytest.raises(regions.RegionAway) as caught:
        there.ask('One', POST)
    return caught.value


def test_who_refuses_connections_has_done_nothing(
    there: regions.Regions, keystone: Keystone
) -> None:
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
    keystone.url = f'http://127.0.0.1:{port}/v2.1'
    assert not away(there).may_be_done


def test_who_closes_a_connection_may_have_done_it(
    there: regions.Regions, keystone: Keystone
) -> None:
    with listening(lambda connection: None) as keystone.url:
        assert away(there).may_be_done


def test_who_ends_amid_an_answer_may_have_done_it(
    there: regions.Regions, keystone: Keystone
) -> None:
    half = b'HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n{'
    with listening(lambda one: one.sendall(half)) as keystone.url:
        assert away(there).may_be_done


def test_who_is_silent_may_have_done_it(
    there: regions.Regions, keystone: Keystone
) -> None:
    # Until who waits for an answer has closed the connection.
    with listening(lambda one: one.recv(1)) as keystone.url:
        assert away(there).may_be_done


@pytest.mark.parametrize(
    ('failure', 'may_be_done'),
    [
        (requests.ConnectTimeout(), False),
        (requests.exceptions.SSLError(DISTRUSTED), False),
        (requests.ReadTimeout(), True),
        (requests.exceptions.ChunkedEncodingError(), True),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_may_have_been_done(
    there: regions.Regions,
    keystone: Keystone,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    may_be_done: bool,
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise failure

    keystone.url = 'http://region.example/v2.1'
    monkeypatch.setattr(keystone.session, 'request', fail)
    assert away(there).may_be_done is may_be_done


def test_a_region_that_is_not_in_the_catalogue_has_done_nothing(
    there: regions.Regions,
) -> None:
    assert not away(there).may_be_done


def test_pods_stay_known_while_the_database_is_away(
    there: regions.Regions,
    database: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise db_exc.DBConnectionError

    with sessions.writer() as session:
        db_pods.create(session, 'One', 'az1', resource_affinity='a=b')
    monkeypatch.setattr(regions, '_KEPT', 0.0)
    (before,) = there.pods()
    monkeypatch.setattr(sessions, 'reader', fail)
    assert there.pods() == [before]
    assert before == placing.Pod(
        'One',
        'az1',
        pod_id=before.pod_id,
        created_at=before.created_at,
        affinity=('a', 'b'),
    )
