# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0201: a Neutron that regions cannot ask."""

from collections.abc import Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

_ALIAS: Final = 'tricircle-replicas'


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    one = found.central
    if one.extensions is not None and _ALIAS not in one.extensions:
        yield finding.Found(
            one.region,
            f'{one.endpoint.url} does not load the central plugin: it has no '
            f'extension {_ALIAS}',
            'set core_plugin to '
            'tricircle.network.central_plugin.TricirclePlugin there, or name '
            'the region of central with --os-region-name',
        )


CHECKER = finding.Checker(
    'TRI0201', finding.Severity.ERROR, 'Central is no central Neutron', _check
)
