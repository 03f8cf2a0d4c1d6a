# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The first route that fits counts."""

import pytest

from tricircle.gateway import behaviours
from tricircle.gateway import compute
from tricircle.gateway import routes


@pytest.mark.parametrize(
    ('method', 'path', 'behaviour'),
    [
        ('GET', '/servers', 'merge'),
        ('GET', '/servers/detail', 'merge'),
        ('POST', '/servers', 'place'),
        ('GET', '/servers/some-id', 'owner'),
        ('DELETE', '/servers/some-id', 'owner'),
        ('POST', '/servers/some-id/action', 'owner'),
        ('PUT', '/servers/some-id/metadata/a-key', 'owner'),
        ('POST', '/servers/some-id/os-volume_attachments', 'owner'),
        ('GET', '/flavors/detail', 'reference'),
        ('GET', '/flavors', 'reference'),
        ('GET', '/flavors/1/os-extra_specs', 'reference'),
        ('POST', '/flavors', 'refuse'),
        ('DELETE', '/flavors/1', 'refuse'),
        ('GET', '/os-keypairs/mine', 'reference'),
        ('POST', '/os-keypairs', 'everywhere'),
        ('DELETE', '/os-keypairs/mine', 'everywhere'),
        ('GET', '/os-availability-zone', 'zones'),
        ('GET', '/os-aggregates', 'aggregates'),
        ('POST', '/os-aggregates', 'refuse'),
        ('GET', '/os-hypervisors/detail', 'refuse'),
        ('GET', '/limits', 'limits'),
        ('GET', '/os-simple-tenant-usage/some-project', 'sum'),
        ('POST', '/os-server-groups', 'place'),
    ],
)
def test_each_path_has_its_behaviour(
    method: str, path: str, behaviour: str
) -> None:
    found = routes.find(compute.ROUTES, method, path)
    assert found.route.behaviour == behaviour


def test_every_behaviour_of_the_table_is_there() -> None:
    named = {route.behaviour for route in compute.ROUTES}
    assert named == set(behaviours.BEHAVIOURS)


def test_every_refusal_says_why() -> None:
    silent = [
        route
        for route in compute.ROUTES
        if route.behaviour == 'refuse' and not route.reason
    ]
    assert silent == []


def test_a_path_that_only_begins_like_another_is_none() -> None:
    with pytest.raises(routes.NoRoute):
        routes.find(compute.ROUTES, 'GET', '/serversandmore')


def test_a_method_that_no_route_takes_is_told_from_no_path() -> None:
    with pytest.raises(routes.NoMethod):
        routes.find(compute.ROUTES, 'PATCH', '/servers')


def test_a_parameter_is_one_part_of_a_path() -> None:
    route = routes.Route('GET', '/servers/{id}', 'owner')
    assert route.match('/servers/a/b') is None
    assert route.match('/servers/a') == {'id': 'a'}
