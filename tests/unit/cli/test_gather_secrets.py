# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No secret is in what the command writes, wherever it came from."""

import base64
import gzip
import json
import time
from typing import Any
from urllib import parse

import pytest
import requests_mock

from tests.unit.cli import services
from tricircle.cli.gathering import redaction

RENEWED = 'plain-token-that-came-later'
#: What services say, with secrets of their own.
PLANTED = {
    'in the URL of a queue': ('amqp://nova:Rabb1t/@h@queue:5672/', 'Rabb1t'),
    'in the URL of a database': ('mysql+pymysql://n:My5ql@db/n', 'My5ql'),
    'of somebody who has no name': ('https://0nlyAToken@host/x', '0nlyAToken'),
    'in a query': ('GET /v3?token=Qu3ryT0ken&x=1 failed', 'Qu3ryT0ken'),
    'in a header': ('X-Auth-Token: H3aderT0ken', 'H3aderT0ken'),
    'in a header without a colon': ('X-Auth-Token H3ader2', 'H3ader2'),
    'in a header of a service': ("{'X-Service-Token': 'S3rv'}", 'S3rv'),
    'of a bearer': ('Authorization: Bearer B3arer.t0ken', 'B3arer'),
    'of a bearer in a sentence': (
        'sent Bearer B3arer2abcd=, got 401',
        'B3arer2',
    ),
    'in a basic header': (
        'Authorization: Basic ' + base64.b64encode(b'u:B4sic').decode(),
        base64.b64encode(b'u:B4sic').decode(),
    ),
    'in a cookie': ('Set-Cookie: sid=C00kie; Path=/', 'C00kie'),
    'in JSON within a text': (
        json.dumps({'auth': {'password': 'J5on within'}}),
        'J5on',
    ),
    'in JSON within JSON': (
        json.dumps({'body': json.dumps({'password': 'J5onTwice'})}),
        'J5onTwice',
    ),
    'in an option': ('admin_password = 0pti0n', '0pti0n'),
    'in YAML': ('metadata_proxy_shared_secret: Y4ml', 'Y4ml'),
    'that is a Fernet token': ('gAAAAABqFernetT0ken_abcdefg-9', 'FernetT0ken'),
    'that is a signed token': ('eyJhbGciOi.eyJzdWI.S1gned', 'S1gned'),
    'that is a key': (
        '-----BEGIN RSA PRIVATE KEY-----\nMIIKey0\n'
        '-----END RSA PRIVATE KEY-----',
        'MIIKey0',
    ),
    'that is a key cut short': (
        '-----BEGIN PRIVATE KEY-----\nMIICut',
        'MIICut',
    ),
}


@pytest.fixture(scope='module')
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the command wrote, of a cloud whose answers hold secrets."""
    with requests_mock.Mocker() as mock:
        return written(
            services.Cloud(mock, tmp_path_factory.mktemp('archive'))
        )


def written(cloud: services.Cloud) -> str:
    """Have answers hold secrets; return all that the command writes."""
    texts = [text for text, _ in PLANTED.values()]
    own = [
        f'token {services.TOKEN}',
        f'with {services.PASSWORD}, or {parse.quote(services.PASSWORD)}',
    ]
    mock = cloud.mock
    base = f'{services.ADMIN}/v1.0'
    mock.get(
        f'{base}/jobs/detail',
        json={
            'jobs': [
                {'id': f'j{number}', 'reason': text}
                for number, text in enumerate(texts + own)
            ]
        },
    )
    # Whole, and as part of something else.
    mock.get(
        f'{base}/statuses',
        json={
            'statuses': [
                {
                    'contact_failure': ' and '.join(own),
                    'nested': [{'token': 'K3yed', services.PASSWORD: 1}],
                }
            ]
        },
    )

    def echo(request: Any, context: Any) -> Any:
        context.status_code = 403
        return f'{dict(request.headers)} ' + '\n'.join(texts + own)

    mock.get(f'{services.TWO}/v2.0/agents', text=echo)
    mock.get(
        f'{services.TWO}/v2.0/extensions',
        status_code=500,
        json={'NeutronError': {'message': ' '.join(own)}},
    )
    mock.get(
        f'{services.ONE}/v2.0/agents',
        json={
            'agents': [
                {'configurations': {'shared_secret': 'Sh4red', 'a': texts}}
            ]
        },
    )

    def renew(request: Any, context: Any) -> Any:
        # Keystone gives another token when the first has run out.
        session = cloud.app.client_manager.session
        session.auth.auth_ref._auth_token = RENEWED
        return {'versions': [{'href': f'http://x/{RENEWED}'}]}

    mock.get(f'{services.ONE}/', json=renew)

    assert cloud.run() == 1

    return '\n'.join(
        (
            gzip.decompress(cloud.path.read_bytes()).decode(),
            cloud.app.stdout.getvalue(),
            cloud.app.stderr.getvalue(),
        )
    )


@pytest.mark.parametrize(
    'secret',
    [
        *(
            pytest.param(secret, id=where)
            for where, (_, secret) in PLANTED.items()
        ),
        pytest.param(services.TOKEN, id='the token'),
        pytest.param(RENEWED, id='the token that came later'),
        pytest.param(services.PASSWORD, id='the password'),
        pytest.param(json.dumps(services.PASSWORD)[1:-1], id='in JSON'),
        pytest.param(parse.quote(services.PASSWORD), id='in a URL'),
        pytest.param('K3yed', id='by the name of its key'),
        pytest.param('Sh4red', id='by a part of that name'),
    ],
)
def test_no_secret_is_written(archive: str, secret: str) -> None:
    assert secret not in archive


def test_the_rest_is(archive: str) -> None:
    assert '@db/n' in archive
    assert 'got 401' in archive
    assert '(HTTP 500)' in archive


def test_a_short_secret_is_no_part_of_a_word() -> None:
    found = redaction.Redactor(['on']).text('RegionOne is on, on.')

    assert found == 'RegionOne is ***, ***.'


def test_an_empty_secret_is_none() -> None:
    assert redaction.Redactor(['', ' ']).text('a b') == 'a b'


@pytest.mark.parametrize(
    'text',
    [
        'RegionTwo does not answer: http://two:9696/v2.0/ports?limit=1',
        'Authorization failed: the user has no role',
        'https://[2001:db8::1]:9696/ answered 503',
        'security group default of 4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11',
        'who@example.org asked http://two/v2.0',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redaction.Redactor(['password1']).text(text) == text


def test_secrets_are_known_by_the_names_of_settings() -> None:
    found = redaction.secrets_in(
        {
            'username': 'u',
            'auth': {
                'password': 'a',
                'application_credential_secret': 'b',
                'passcode': 'c',
                'access_token': 'd',
                'auth_url': 'e',
            },
        }
    )

    assert found == {'a', 'b', 'c', 'd'}


@pytest.mark.parametrize(
    ('url', 'shown'),
    [
        ('http://u:p@h:9696/v2.0?a=b#c', 'http://h:9696/v2.0'),
        ('https://[2001:db8::1]:9696', 'https://[2001:db8::1]:9696'),
    ],
)
def test_addresses_are_without_users(url: str, shown: str) -> None:
    assert redaction.address(url) == shown


@pytest.mark.parametrize(
    ('url', 'root'),
    [
        ('http://h:9696', 'http://h:9696/'),
        ('http://h:9696/v2.0/', 'http://h:9696/'),
        ('http://h/networking/v2.0', 'http://h/networking/'),
        ('http://h/compute/v2.1/0123abcd', 'http://h/compute/'),
        ('http://h/v2ray', 'http://h/v2ray/'),
    ],
)
def test_versions_are_above_the_version(url: str, root: str) -> None:
    assert redaction.root(url) == root


@pytest.mark.parametrize('at', [200, 2000])
def test_no_half_of_a_secret_is_left_where_a_reason_is_cut(
    cloud: services.Cloud, at: int
) -> None:
    half = services.PASSWORD[:8]
    cloud.mock.get(
        f'{services.ONE}/v2.0/agents',
        status_code=500,
        text='-' * (at - len(half)) + services.PASSWORD,
    )

    assert cloud.run() == 1

    assert half not in cloud.entry('regions/One/agents.json')['error']
    assert half not in cloud.app.stderr.getvalue()


@pytest.mark.parametrize('text', ['a', '-', 'a.', 'password', '://', 'eyJ'])
def test_long_answers_are_cleaned_in_no_time(text: str) -> None:
    began = time.process_time()

    redaction.Redactor([services.PASSWORD]).text(text * 20_000)

    assert time.process_time() - began < 5
