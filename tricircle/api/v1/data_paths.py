# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of a region are, as the Admin API shows it."""

from typing import Any, Final

from tricircle.api import moments
from tricircle.replica import data_path

_NUMBERS: Final = {
    'hosts': "Hosts of the region with an agent of Neutron's Open vSwitch",
    'mute': 'Those of them whose agents say nothing of tunnels: they are not '
    'alive, or do not probe',
    'tunnels': 'Ends of tunnels to hosts of other regions',
    'down': 'Those that brought probes back, and do no more',
    'silent': 'Those that never did',
    'unasked': 'Those whose turn has not come',
}
_FIELDS: Final[dict[str, Any]] = {
    'state': {
        'type': 'string',
        'enum': [one.value for one in data_path.State],
        'description': 'ok when each tunnel brought its last probe back; down '
        'when some do not; unproven when none is known not to and of some '
        'nothing is known; none when there is no tunnel; unknown when nothing '
        'is known, or nothing any more',
    },
    'since': {
        'type': ['string', 'null'],
        'description': 'Since when it is in that state; of one that is not '
        'known any more, when it was known last; null when it never was',
    },
    'observed_at': {
        'type': ['string', 'null'],
        'description': "When XJob asked the region's Neutron last",
    },
    **{
        name: {
            'type': ['integer', 'null'],
            'minimum': 0,
            'description': f'{text}; null when not known',
        }
        for name, text in _NUMBERS.items()
    },
    'failure': {
        'type': ['string', 'null'],
        'description': 'Why it did not say',
    },
}
SCHEMA: Final[dict[str, Any]] = {
    'type': 'object',
    'description': 'How the tunnels of its hosts to other regions are, as '
    'their agents report',
    'required': list(_FIELDS),
    'additionalProperties': False,
    'properties': _FIELDS,
}


def shown(found: data_path.Found, all_of_it: bool = True) -> dict[str, Any]:
    """Return how the tunnels of a region are.

    :param all_of_it: also what tells of the hosts of the region
    """
    summary = found.summary if all_of_it else None
    return {
        'state': found.state.value,
        'since': moments.shown(found.since),
        'observed_at': moments.shown(found.found_at),
        **{
            name: None if summary is None else getattr(summary, name)
            for name in _NUMBERS
        },
        'failure': found.failure if all_of_it else None,
    }
