# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import contextlib
from typing import Any

import pytest
import webob

from tricircle.central.engine import capacity
from tricircle.replica import messages

BOUNDS = capacity.Bounds(all=5, background=2, region=3, resource=2)


@pytest.fixture
def gate():
    return capacity.Gate(BOUNDS)


@contextlib.contextmanager
def inside(gate, *requests):
    """Have requests at work: (region, resource, background)."""
    with contextlib.ExitStack() as stack:
        for one in requests:
            stack.enter_context(gate.enter(*one))
        yield


def test_some_threads_are_always_left_for_tenants():
    for threads in range(2, 65):
        bounds = capacity.Bounds.of(threads)
        assert 1 <= bounds.all < threads
        assert 1 <= bounds.background <= bounds.all
        assert 1 <= bounds.region <= bounds.all


def test_an_operator_can_say_how_many():
    assert capacity.Bounds.of(8, wanted=3).all == 3


def test_a_region_leaves_room_for_others(gate):
    requests = [('RegionOne', f'network/{n}', False) for n in range(3)]
    with inside(gate, *requests):
        with pytest.raises(capacity.Full, match='RegionOne'):
            gate.enter('RegionOne', 'network/4', False).__enter__()
        with gate.enter('RegionTwo', 'network/4', False):
            pass


def test_a_resource_has_its_share_only(gate):
    with inside(gate, *[('RegionOne', 'network/1', False)] * 2):
        with pytest.raises(capacity.Full, match='network/1'):
            gate.enter('RegionOne', 'network/1', False).__enter__()
        with gate.enter('RegionOne', 'network/2', False):
            pass


def test_what_nobody_waits_for_leaves_room_for_regions(gate):
    requests = [(f'Region{n}', f'network/{n}', True) for n in range(2)]
    with inside(gate, *requests):
        with pytest.raises(capacity.Full, match='XJob'):
            gate.enter('Region3', 'network/3', True).__enter__()
        with gate.enter('Region3', 'network/3', False):
            pass


def test_there_is_room_again_when_one_has_ended(gate):
    with inside(gate, *[('RegionOne', 'network/1', True)] * 2):
        pass
    with inside(gate, *[('RegionOne', 'network/1', True)] * 2):
        pass


def test_one_that_fails_makes_room(gate):
    for _ in range(10):
        with (
            contextlib.suppress(ValueError),
            gate.enter('RegionOne', 'network/1', False),
        ):
            raise ValueError


class Resource:
    """Stands in for Neutron's application; asks from within a request."""

    def __init__(self) -> None:
        self.controller = 'controller'
        self.action_status = {'update': 200}
        self.meanwhile: Any = None
        self.answers: list[webob.Response] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if self.meanwhile is not None:
            ask, self.meanwhile = self.meanwhile, None
            self.answers.append(ask())
        return webob.Response('done')(environ, start_response)


def ask(application, method='PUT', region='RegionOne', background=False):
    request = webob.Request.blank(
        f'/v2.0/networks/n/replicas/{region}', method=method
    )
    request.environ['wsgiorg.routing_args'] = (
        (),
        {'id': region, 'network_id': 'n'},
    )
    if background:
        request.headers[messages.BACKGROUND_HEADER] = '1'
    return request.get_response(application)


@pytest.fixture
def resource():
    return Resource()


@pytest.fixture
def full(resource):
    """An application with room for one request."""
    return capacity.gated(
        resource, capacity.Gate(capacity.Bounds(1, 1, 1, 1)), 'networks'
    )


def test_who_comes_too_much_is_told_when_to_come_again(full, resource):
    resource.meanwhile = lambda: ask(full, background=True)

    assert ask(full).status_int == 200

    (refused,) = resource.answers
    assert refused.status_int == 503
    assert refused.headers['Retry-After'] == '1'
    assert refused.json_body['NeutronError']['type'] == messages.BUSY


def test_owners_who_look_at_states_are_not_held_up(full, resource):
    resource.meanwhile = lambda: ask(full, method='GET')

    ask(full)

    assert [one.status_int for one in resource.answers] == [200]


def test_neutron_finds_what_it_looks_for(full):
    assert full.controller == 'controller'
    assert full.action_status == {'update': 200}
