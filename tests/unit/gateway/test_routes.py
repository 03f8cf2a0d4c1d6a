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

import re
import subprocess
import sys

import pytest

from tricircle.gateway import behaviours
from tricircle.gateway.api import compute
from tricircle.gateway.api import routes
from tricircle.gateway.api import service as services
from tricircle.gateway.api import volume


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
        ('GET', '/servers/some-id/os-volume_attachments', 'owner'),
        ('POST', '/servers/some-id/os-volume_attachments', 'beside'),
        ('PUT', '/servers/some-id/os-volume_attachments/an-id', 'beside'),
        ('DELETE', '/servers/some-id/os-volume_attachments/an-id', 'owner'),
        ('GET', '/flavors/detail', 'reference'),
        ('GET', '/flavors', 'reference'),
        ('GET', '/flavors/1/os-extra_specs', 'reference'),
        ('POST', '/flavors', 'everywhere'),
        ('DELETE', '/flavors/1', 'change-everywhere'),
        ('GET', '/os-keypairs/mine', 'reference'),
        ('POST', '/os-keypairs', 'everywhere'),
        ('DELETE', '/os-keypairs/mine', 'change-everywhere'),
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


@pytest.mark.parametrize('service', [compute.SERVICE, volume.SERVICE])
def test_what_a_route_is_about_is_a_kind_of_its_service(
    service: services.Service,
) -> None:
    named = {route.resource for route in service.routes} - {''}
    assert named == set(service.kinds)


def test_every_behaviour_of_the_table_is_there() -> None:
    named = {route.behaviour for route in (*compute.ROUTES, *volume.ROUTES)}
    assert named == set(behaviours.BEHAVIOURS)


def test_every_refusal_says_why() -> None:
    silent = [
        route
        for route in (*compute.ROUTES, *volume.ROUTES)
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


@pytest.mark.parametrize(
    ('method', 'path', 'behaviour'),
    [
        ('GET', '/volumes', 'merge'),
        ('GET', '/volumes/detail', 'merge'),
        ('GET', '/volumes/summary', 'sum'),
        ('POST', '/volumes', 'place'),
        ('GET', '/volumes/some-id', 'owner'),
        ('POST', '/volumes/some-id/action', 'owner'),
        ('DELETE', '/volumes/some-id/metadata/a-key', 'owner'),
        ('POST', '/backups/some-id/restore', 'beside'),
        ('POST', '/backups/import_record', 'refuse'),
        ('GET', '/backups/some-id/export_record', 'owner'),
        ('POST', '/volume-transfers/some-id/accept', 'accept'),
        ('DELETE', '/os-volume-transfer/some-id', 'owner'),
        ('POST', '/groups/action', 'place'),
        ('POST', '/groups/some-id/action', 'owner'),
        ('GET', '/types', 'by-name'),
        ('GET', '/types/some-id/extra_specs', 'show'),
        ('PUT', '/types/some-id', 'change-everywhere'),
        ('POST', '/types', 'everywhere'),
        ('PUT', '/default-types/a-project', 'change-everywhere'),
        ('GET', '/qos-specs/some-id', 'show'),
        ('GET', '/qos-specs/some-id/associate', 'associate'),
        ('GET', '/os-quota-sets/a-project', 'sum'),
        ('DELETE', '/os-quota-sets/a-project', 'refuse'),
        ('GET', '/workers', 'refuse'),
    ],
)
def test_each_path_of_block_storage_has_its_behaviour(
    method: str, path: str, behaviour: str
) -> None:
    found = routes.find(volume.ROUTES, method, path)
    assert found.route.behaviour == behaviour


#: Paths that Cinder's router makes by rote for collections, of which no
#: controller of it has the method.
BY_ROTE = {
    '/extensions',
    '/extensions/some-id',
    '/limits',
    '/limits/some-id',
    '/messages',
    '/os-availability-zone',
    '/os-availability-zone/some-id',
    '/resource_filters',
    '/resource_filters/some-id',
}


@pytest.fixture(scope='module')
def cinders_own() -> list[tuple[str, str]]:
    """Method and path of all that Cinder answers to, with a project or not.

    What routes of forms for browsers are, ``new`` and ``edit``, no
    controller of Cinder has; a suffix for a format is one of version 2.
    """
    done = subprocess.run(
        [sys.executable, '-m', 'tests.unit.gateway.cinder_paths'],
        capture_output=True,
        text=True,
        check=True,
    )
    found = []
    for line in done.stdout.splitlines():
        method, path = line.split(' ', 1)
        if '{project_id' in path or '(format)' in path or path == '/':
            continue
        if path.endswith(('/new', '/edit')) or not path:
            continue
        found.append((method, re.sub(r':\(?\w+\)?|\{\w+\}', 'some-id', path)))
    return found


def test_whatever_cinder_answers_to_has_a_behaviour(
    cinders_own: list[tuple[str, str]],
) -> None:
    assert len(cinders_own) > 150
    missing = []
    for method, path in cinders_own:
        try:
            routes.find(volume.ROUTES, method, path)
        except (routes.NoRoute, routes.NoMethod):
            missing.append((method, path))
    # Lists that Cinder makes by rote: it says 404 itself.
    assert {path for _method, path in missing} <= BY_ROTE
