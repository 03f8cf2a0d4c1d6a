# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions are given is what Nova and Cinder take."""

from collections.abc import Iterator
import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway.mirroring import compute
from tricircle.gateway.mirroring import groups
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import volume

NOVA = 'nova.api.openstack.compute.schemas.'
CINDER = 'cinder.api.schemas.'
SCHEMAS = {
    'POST /flavors': ('flavors', 'create_v255'),
    'PUT /flavors/7': ('flavors', 'update'),
    'POST /flavors/7/os-extra_specs': ('flavors_extraspecs', 'create'),
    'POST /flavors/7/action add': ('flavor_access', 'add_tenant_access'),
    'POST /flavors/7/action remove': ('flavor_access', 'remove_tenant_access'),
    'POST /os-keypairs': ('keypairs', 'create_v292'),
    'POST /types': ('volume_types', 'create'),
    'PUT /types/7': ('volume_types', 'update'),
    'POST /types/7/extra_specs': ('types_extra_specs', 'create'),
    'POST /types/7/action add': ('volume_type_access', 'add_project_access'),
    'POST /types/7/action remove': (
        'volume_type_access',
        'remove_project_access',
    ),
    'POST /types/7/encryption': ('volume_type_encryption', 'create'),
    'PUT /types/7/encryption/provider': ('volume_type_encryption', 'update'),
    'POST /qos-specs': ('qos_specs', 'create'),
    'PUT /qos-specs/7': ('qos_specs', 'set'),
    'PUT /qos-specs/7/delete_keys': ('qos_specs', 'unset'),
    'POST /group_types': ('group_types', 'create'),
    'PUT /group_types/7': ('group_types', 'update'),
    'POST /group_types/7/group_specs': ('group_specs', 'create'),
    'PUT /default-types/7': ('default_types', 'create_or_update'),
}
PROJECTS = ['0123456789abcdef0123456789abcdef', 'f' * 32]


def flavor(**more: Any) -> dict[str, Any]:
    return {
        'id': '7',
        'name': 'tiny',
        'ram': 64,
        'vcpus': 1,
        'disk': 0,
        'swap': 0,
        'rxtx_factor': '',
        'OS-FLV-EXT-DATA:ephemeral': 0,
        'os-flavor-access:is_public': False,
        'description': None,
        'extra_specs': {},
        'access': [],
        **more,
    }


def volume_type(**more: Any) -> dict[str, Any]:
    return {
        'name': 'fast',
        'description': '',
        'is_public': False,
        'extra_specs': {},
        'access': [],
        'encryption': None,
        'qos': None,
        **more,
    }


LUKS = {
    'provider': 'luks',
    'control_location': 'front-end',
    'key_size': 256,
    'cipher': None,
}


class Recorder:
    """A region that takes whatever comes."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.region = kinds.Region('One', 'pod', self.answer, {})

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Note a body, and answer with an ID."""
        if question.body:
            body = json.loads(question.body)
            found = re.search('(add|remove)', ''.join(body))
            name = f'{question.method} {question.path}'
            if found and question.path.endswith('action'):
                name += f' {found[1]}'
            self.sent.append((name, body))
        one = {'id': '7', 'name': 'gold'}
        return asking.answer(
            {
                'flavor': one,
                'volume_type': one,
                'qos_specs': [one] if question.method == 'GET' else one,
                'group_type': one,
            }
        )


def sent() -> Iterator[tuple[str, Any]]:
    """Yield all that regions may be sent."""
    recorder = Recorder()
    region = recorder.region
    wanted = flavor(
        description='d',
        extra_specs={'hw:cpu_policy': 'dedicated'},
        access=PROJECTS[:1],
    )
    compute.FLAVOR.make(region, flavor())
    compute.FLAVOR.make(region, flavor(swap=8, rxtx_factor=1.5))
    compute.FLAVOR.change(region, '7', flavor(access=PROJECTS[1:]), wanted)
    key = {
        'name': 'me@example.org',
        'public_key': 'ssh-ed25519 AAAA me',
        'type': 'ssh',
        'user_id': PROJECTS[0],
    }
    compute.KEYPAIR.make(region, key)
    rich = volume_type(
        name='faster',
        description='d',
        extra_specs={'volume_backend_name': 'flash'},
        access=PROJECTS[:1],
        encryption=LUKS,
        qos='gold',
    )
    volume.VOLUME_TYPE.make(region, volume_type())
    volume.VOLUME_TYPE.change(
        region, '7', volume_type(access=PROJECTS[1:]), rich
    )
    volume.VOLUME_TYPE.change(
        region, '7', rich, {**rich, 'encryption': {**LUKS, 'cipher': 'aes'}}
    )
    volume.VOLUME_TYPE.change(region, '7', rich, {**rich, 'is_public': True})
    qos = {'name': 'gold', 'consumer': 'both', 'specs': {'iops': '1'}}
    volume.QOS.make(region, qos)
    volume.QOS.change(
        region, '7', qos, {**qos, 'consumer': 'back-end', 'specs': {'a': 'b'}}
    )
    group = {
        'name': 'g',
        'description': '',
        'is_public': True,
        'group_specs': {},
    }
    groups.GROUP_TYPE.make(region, group)
    groups.GROUP_TYPE.change(
        region, '7', group, {**group, 'name': 'h', 'group_specs': {'a': 'b'}}
    )
    volume.DEFAULT_TYPE.make(
        region, {'project_id': '7', 'volume_type': 'fast'}
    )
    yield from recorder.sent


@pytest.mark.parametrize(
    ('service', 'package', 'paths'),
    [
        ('nova', NOVA, ('/flavors', '/os-keypairs')),
        (
            'cinder',
            CINDER,
            ('/types', '/qos-specs', '/group_types', '/default-types'),
        ),
    ],
)
def test_the_services_own_schemas_take_it(
    service: str, package: str, paths: tuple[str, ...]
) -> None:
    lines = []
    for name, body in sent():
        if name.split()[1].startswith(paths):
            module, schema = SCHEMAS[name]
            lines.append(json.dumps([package + module, schema, body]))
    done = subprocess.run(
        [sys.executable, '-m', 'tests.unit.gateway.body_schemas', service],
        input='\n'.join([*lines, '']),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ''
    assert len(lines) > 5


def test_all_bodies_are_looked_at() -> None:
    assert {name for name, _body in sent()} == set(SCHEMAS)
