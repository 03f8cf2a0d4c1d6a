# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Flavors as Nova tells them, and what Placement is asked for them: pure."""

from collections.abc import Mapping
import math
from typing import Any, Final
from urllib import parse

from tricircle.gateway.placing import facts

#: The version of Nova's API whose flavors tell their extra specs.
VERSION: Final = 'compute 2.61'
_RESOURCES: Final = 'resources:'
_TRAIT: Final = 'trait:'
#: Hosts that are counted; more make no difference.
MOST: Final = 10


def read(said: Mapping[str, Any]) -> facts.Flavor:
    """Return a flavor of an answer of Nova's.

    :param said: what its body says of the flavor
    """
    specs = said.get('extra_specs')
    swap = int(said.get('swap') or 0)
    disk = int(said['disk']) + int(said.get('OS-FLV-EXT-DATA:ephemeral') or 0)
    amounts = {
        **_processors(specs or {}, int(said['vcpus'])),
        'MEMORY_MB': int(said['ram']),
        # Nova's swap is in MiB.
        'DISK_GB': disk + math.ceil(swap / 1024),
    }
    for name, value in (specs or {}).items():
        if name.startswith(_RESOURCES) and str(value).isdigit():
            amounts[name.removeprefix(_RESOURCES)] = int(value)
    return facts.Flavor(
        specs=specs,
        resources={name: amount for name, amount in amounts.items() if amount},
        required=frozenset(
            name.removeprefix(_TRAIT)
            for name, value in (specs or {}).items()
            if name.startswith(_TRAIT) and value == 'required'
        ),
        root_disk=(
            0 if f'{_RESOURCES}DISK_GB' in (specs or {}) else int(said['disk'])
        ),
        mixed=(
            int(said['vcpus'])
            if (specs or {}).get('hw:cpu_policy') == 'mixed'
            else 0
        ),
    )


def _processors(specs: Mapping[str, str], count: int) -> dict[str, int]:
    """Return the processors by class; {} where some are of each."""
    match specs.get('hw:cpu_policy', 'shared'):
        case 'shared':
            return {'VCPU': count}
        case 'dedicated':
            return {'PCPU': count}
        case _:
            return {}


def id_in(reference: Any) -> str:
    """Return the ID of a flavor or an image, '' of none.

    It may be a link, and is read as Nova reads it (``get_id_from_href``): a
    query at its end would else hide which flavor it is.

    :param reference: of a request, such as its ``flavorRef``
    """
    try:
        path = parse.urlsplit(str(reference or '')).path
    except ValueError:
        return ''
    found = path.rpartition('/')[2]
    # Dots would lead elsewhere.
    return found if found.strip('.') else ''


def candidates(flavor: facts.Flavor, is_on_volume: bool) -> str:
    """Return the query for hosts that have room for a flavor; '' for none.

    :param is_on_volume: whether its disk may be a volume's, so that no host
        has to have room for it
    """
    wanted = ','.join(
        f'{name}:{amount}'
        for name, amount in sorted(flavor.resources.items())
        if not (is_on_volume and name == 'DISK_GB')
    )
    if not wanted:
        return ''
    query = {'resources': wanted, 'limit': str(MOST)}
    if flavor.required:
        query['required'] = ','.join(sorted(flavor.required))
    return parse.urlencode(query)
