# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What becomes of each attribute, from the field tables, as a page.

``python -m tests.unit.attributes_page`` writes it anew; a test says when that
is to be done.
"""

from collections.abc import Iterator
from pathlib import Path

from tricircle.local.port import request as port_request
from tricircle.local.port import update as port_update
from tricircle.replica import fields
from tricircle.replica import kinds

PAGE = (
    Path(__file__).parents[2] / 'doc' / 'source' / 'admin' / 'attributes.inc'
)
_REFUSED = 'refused (409): it is changed in central'
#: What a region says of its ports by itself.
_REPORTED = (
    'binding:host_id',
    'device_id',
    'device_owner',
    'dns_name',
    'status',
)


def _to_regions(table: fields.Table, name: str) -> str:
    for field in table.fields:
        if field.name == name:
            return 'carried'
    reason = table.stays[name]
    return 'named in the state' if reason == fields.NAMED else reason


def _of_port(name: str) -> str:
    if name == 'tags' or name in port_update.FORWARDED:
        return 'carried'
    if name in port_update.FIXED:
        return f'carried with a new port, then {_REFUSED}'
    if name in _REPORTED:
        return 'reported'
    if name in port_request.SENT:
        return 'carried with a new port'
    return "the region's own"


def _to_central(table: fields.Table, name: str) -> str:
    if table.resource == 'port':
        return _of_port(name)
    if table.stays.get(name) == fields.REGIONS_OWN:
        return "the region's own"
    if name in table.stays and table.stays[name] != fields.NAMED:
        return ''
    return _REFUSED


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield resource, attribute, and what becomes of it either way."""
    for kind in kinds.KINDS:
        for table in kind.tables:
            for name in sorted({*table.names, *table.stays}):
                yield (
                    table.resource,
                    name,
                    _to_regions(table, name),
                    _to_central(table, name),
                )


def page() -> str:
    """Return the page, a table in reStructuredText."""
    lines = ['.. list-table::', '   :header-rows: 1', '']
    header = (
        'Resource',
        'Attribute',
        'Central to regions',
        'Region to central',
    )
    every = [
        header,
        *((one, f'``{name}``', *rest) for one, name, *rest in rows()),
    ]
    for row in every:
        for number, cell in enumerate(row):
            mark = '   * -' if number == 0 else '     -'
            lines.append(f'{mark} {cell}'.rstrip())
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    PAGE.write_text(page())
