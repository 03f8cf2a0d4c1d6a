# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the programs say when they cannot work.

One line on stderr that names the option and the remedy, an exit code that
is not 0, and no traceback.
"""

from collections.abc import Callable

import pytest

from tests.functional.cloud import mariadb
from tests.functional.cloud import ports
from tests.functional.cloud import roles
from tests.functional.cloud import schema
from tests.functional.programs import bed as beds
from tests.functional.programs.bed import Bed
from tricircle.db.migration import central

PROGRAMS = ('tricircle-api', 'tricircle-xjob', 'tricircle-db-manage')
STARTED = ('tricircle-api', 'tricircle-xjob')
OPTION = '[DEFAULT] tricircle_db_connection'


def away(bed: Bed) -> tuple[str, list[str]]:
    return beds.away(bed), [OPTION, 'does not answer', 'Start it']


def wrong_password(bed: Bed) -> tuple[str, list[str]]:
    name = bed.database().name
    return (
        f'mysql+pymysql://{name}:secret@{ports.HOST}:{bed.mariadb.port}'
        f'/{name}',
        [OPTION, f'refuses the user {name}', 'Correct the user'],
    )


def unknown_database(bed: Bed) -> tuple[str, list[str]]:
    bed.mariadb.grant('nowhere', 'nowhere')
    return (
        f'mysql+pymysql://nowhere@{ports.HOST}:{bed.mariadb.port}/nowhere',
        [OPTION, 'is not there', 'run neutron-db-manage'],
    )


def not_neutrons(bed: Bed) -> tuple[str, list[str]]:
    """A database of its own, as the first guides had it."""
    return (
        bed.database(None).url,
        [OPTION, "not central Neutron's", '[database] connection'],
    )


def change_version(database: mariadb.Database, version: str) -> None:
    database.execute(
        f'UPDATE {central.VERSION_TABLE} SET version_num = %s',  # noqa: S608
        version,
    )


def newer(bed: Bed) -> tuple[str, list[str]]:
    found = bed.database()
    change_version(found, '9999')
    return found.url, [OPTION, 'at version 9999', 'Install the release']


def older(bed: Bed) -> tuple[str, list[str]]:
    found = bed.database()
    change_version(found, '0001')
    return (
        found.url,
        [OPTION, 'at version 0001', 'Run tricircle-db-manage db_sync'],
    )


def without_tables(bed: Bed) -> tuple[str, list[str]]:
    return (
        bed.database(schema.Schema.REGION).url,
        [OPTION, 'no tables of Tricircle', 'tricircle-db-manage db_sync'],
    )


def no_url(bed: Bed) -> tuple[str, list[str]]:
    return 'a:secret@127.0.0.1/b', [OPTION, 'is no URL', 'mysql+pymysql://']


def no_driver(bed: Bed) -> tuple[str, list[str]]:
    return (
        'oracle://a:secret@127.0.0.1/b',
        [OPTION, 'not installed', 'mysql+pymysql://'],
    )


Fault = Callable[[Bed], tuple[str, list[str]]]
ANYWAY: tuple[Fault, ...] = (
    away,
    wrong_password,
    unknown_database,
    not_neutrons,
    newer,
    no_url,
    no_driver,
)
# These db_sync is for.
TABLES: tuple[Fault, ...] = (older, without_tables)


def check_line(program: str, code: int, err: str, expected: list[str]) -> None:
    assert code != 0
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith(f'{program}: ')
    for text in expected:
        assert text in lines[0]
    assert 'secret' not in err


def unwrapped(table: str) -> str:
    """Return the text of the table that the upgrade check prints."""
    return ' '.join(table.replace('|', ' ').split()).replace('- ', '-')


@pytest.mark.parametrize(
    'program, fault',
    [
        *((program, fault) for program in PROGRAMS for fault in ANYWAY),
        *((program, fault) for program in STARTED for fault in TABLES),
    ],
)
def test_a_database_that_is_not_central_s_is_one_line(
    bed: Bed, program: str, fault: Fault
) -> None:
    url, expected = fault(bed)

    code, _out, err = bed.run(program, {'tricircle_db_connection': url})

    check_line(program, code, err, expected)


@pytest.mark.parametrize('fault', [*ANYWAY, *TABLES])
def test_the_upgrade_check_finds_it(bed: Bed, fault: Fault) -> None:
    url, expected = fault(bed)

    code, out, err = bed.run(beds.STATUS, {'tricircle_db_connection': url})

    assert code == 2
    said = unwrapped(out)
    for text in expected:
        assert text in said
    assert 'Traceback' not in out + err
    assert 'secret' not in out + err


def test_nothing_is_made_in_a_database_that_is_not_neutrons(bed: Bed) -> None:
    found = bed.database(None)

    code, _out, _err = bed.run(
        'tricircle-db-manage', {'tricircle_db_connection': found.url}
    )

    assert code == 1
    assert found.query('SHOW TABLES') == []


@pytest.mark.parametrize('program', [*PROGRAMS, beds.STATUS])
@pytest.mark.parametrize(
    'text, expected',
    [
        (None, ['no configuration file', 'garbled.conf']),
        (
            b'[DEFAULT\n',
            ['cannot be parsed', 'garbled.conf:1', 'Correct the line'],
        ),
        (b'\xff\xfe\x00', ['garbled.conf is no UTF-8 text']),
        (b'[DEFAULT]\ndebug = maybe\n', ['[DEFAULT] debug', 'is not valid']),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    bed: Bed, program: str, text: bytes | None, expected: list[str]
) -> None:
    file = bed.workspace.path / 'garbled.conf'
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_bytes(text)
    if program == 'tricircle-db-manage' and text and b'debug' in text:
        # It has no log.
        return

    code, _out, err = bed.run_with(program, str(file))

    check_line(program, code, err, expected)


@pytest.mark.parametrize('port', ['abc', '99999'])
def test_a_port_that_is_none_is_one_line(bed: Bed, port: str) -> None:
    code, _out, err = bed.run(
        'tricircle-api',
        {
            'tricircle_db_connection': bed.database().url,
            'bind_port': port,
        },
    )

    check_line('tricircle-api', code, err, ['[DEFAULT] bind_port'])


def test_a_port_that_is_taken_is_one_line(bed: Bed) -> None:
    code, _out, err = bed.run(
        'tricircle-api',
        {
            'tricircle_db_connection': bed.database().url,
            'bind_host': ports.HOST,
            'bind_port': bed.mariadb.port,
            'log_file': str(bed.workspace.logs / 'by-hand.log'),
        },
    )

    check_line(
        'tricircle-api', code, err, ['bind_port', 'correct the options']
    )


def test_nobody_to_call_regions_as_is_one_line(bed: Bed) -> None:
    code, _out, err = bed.run(
        'tricircle-xjob',
        {'tricircle_db_connection': bed.database().url},
        client={'auth_strategy': 'keystone'},
    )

    # The bed names a user, and no password.
    check_line('tricircle-xjob', code, err, ['[client] admin_password'])


def test_keystone_away_is_one_line(bed: Bed) -> None:
    code, _out, err = bed.run(
        'tricircle-xjob',
        {
            'tricircle_db_connection': bed.database().url,
            'log_file': str(bed.workspace.logs / 'by-hand.log'),
        },
        client=beds.keystone_at(bed.workspace.ports.take()),
    )

    check_line(
        'tricircle-xjob', code, err, ['does not answer', '[client] auth_url']
    )


def test_a_wrong_region_of_central_is_one_line(bed: Bed) -> None:
    found = bed.database()
    beds.add_pod(found, roles.CENTRAL_REGION)

    code, _out, err = bed.run(
        'tricircle-xjob',
        {'tricircle_db_connection': found.url},
        client={'top_region_name': 'CentralRegoin'},
    )

    check_line(
        'tricircle-xjob',
        code,
        err,
        ['[client] top_region_name is CentralRegoin', 'no pod of that region'],
    )


def test_the_upgrade_check_finds_keystone_away(bed: Bed) -> None:
    code, out, _err = bed.run(
        beds.STATUS,
        {'tricircle_db_connection': bed.database().url},
        client=beds.keystone_at(bed.workspace.ports.take()),
    )

    assert code == 2
    assert 'does not answer' in unwrapped(out)
    assert '[client] auth_url' in unwrapped(out)
    assert 'secret' not in out


def test_the_upgrade_check_finds_a_wrong_region(bed: Bed) -> None:
    code, out, _err = bed.run(
        beds.STATUS,
        {'tricircle_db_connection': bed.database().url},
        client={'top_region_name': 'CentralRegoin'},
    )

    assert code == 2
    said = unwrapped(out)
    assert 'there is no pod of that region' in said
    assert '[client] top_region_name is CentralRegoin' in said
