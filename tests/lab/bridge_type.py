# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The type that bridge networks get, as an operator sets it."""

from collections.abc import Iterator
import contextlib

from lab import cloud

_SERVICE = 'neutron-server-central'
_OPTION = 'bridge_network_type = '
_USUAL = 'vxlan'


@contextlib.contextmanager
def of_new_ones(lab: cloud.Lab, network_type: str) -> Iterator[None]:
    """Have central make bridge networks of a type; undo it at the end.

    Central is started again, as for any change of its settings.
    """
    _set(lab, network_type)
    try:
        yield
    finally:
        _set(lab, _USUAL)


def _set(lab: cloud.Lab, network_type: str) -> None:
    path = lab.layout.etc('neutron-central') / 'neutron.conf'
    lines = path.read_text().splitlines()
    (place,) = (
        number for number, one in enumerate(lines) if one.startswith(_OPTION)
    )
    if lines[place] == _OPTION + network_type:
        return
    lines[place] = _OPTION + network_type
    path.write_text('\n'.join(lines) + '\n')
    lab.restart(_SERVICE, lambda _text: None)
