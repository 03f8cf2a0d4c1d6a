# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No source, test or page names a host of the internet.

What is installed comes from the registries that the machine is set up with,
and a test that could reach out some day will.
"""

from collections.abc import Iterator
import io
from pathlib import Path
import re
import subprocess
import tokenize

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Where a dotted word is hardly ever anything but a host. Endings that are
# also attributes or file names (io, net, dev, sh, py) count in addresses and
# after `www.` only.
ENDINGS = ('com', 'edu', 'gov', 'org')
BARE = re.compile(
    r'(?<![\w.-])((?:[a-z0-9-]+\.)+(?:' + '|'.join(ENDINGS) + r'))(?![\w-])',
    re.IGNORECASE,
)
WWW = re.compile(r'(?<![\w.-])(www\.[a-z0-9.-]+)', re.IGNORECASE)
ADDRESS = re.compile(
    r'[a-z][a-z0-9+]*://(?:[^\s/@\'"<>`]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)',
    re.IGNORECASE,
)
# Reserved for documentation and tests: nobody answers to them.
RESERVED = re.compile(
    r'(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid|localhost|test)$',
    re.IGNORECASE,
)
NUMERIC = re.compile(r'^[0-9.]+$')

# The texts of licences are not ours to change, nor are others' libraries,
# which have the notices of their authors in them.
EXEMPT = frozenset(
    {
        'LICENSE',
        'tricircle/api/page/static/cytoscape/cytoscape.esm.min.mjs',
    }
)


def hosts_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and name for each host that a text names."""
    for number, line in enumerate(text.splitlines(), 1):
        names = {
            match.group(1).rstrip('.').lower()
            for pattern in (BARE, WWW, ADDRESS)
            for match in pattern.finditer(line)
        }
        for name in sorted(names):
            if not RESERVED.search(name) and not NUMERIC.match(name):
                yield number, name


def prose_of(source: str) -> str:
    """Blank the code of a Python source, leave its strings and comments.

    In code a dotted word is an attribute.
    """
    lines = [''] * (source.count('\n') + 2)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name in ('COMMENT', 'STRING', 'FSTRING_MIDDLE'):
            for offset, piece in enumerate(token.string.splitlines()):
                lines[token.start[0] - 1 + offset] += f' {piece}'
    return '\n'.join(lines)


def sources() -> list[Path]:
    """Return all files that are, or would be, in the repository."""
    listed = subprocess.run(
        ['git', 'ls-files', '-z', '-co', '--exclude-standard'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split('\0') if name]
    else:
        # An unpacked archive: everything but what was made here.
        made = {'.venv', 'build', '__pycache__'}
        paths = [
            path
            for path in ROOT.rglob('*')
            if not made & set(path.relative_to(ROOT).parts)
            and not any(part.endswith('_cache') for part in path.parts)
        ]
    return sorted(
        path
        for path in paths
        if path.is_file()
        and str(path.relative_to(ROOT)) not in EXEMPT
        and b'\0' not in path.read_bytes()
    )


@pytest.mark.parametrize(
    'path', sources(), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_host(path: Path, subtests: pytest.Subtests) -> None:
    text = path.read_text()
    if path.suffix == '.py':
        text = prose_of(text)
    for line, host in hosts_in(text):
        sentence = f'{path}:{line}: names the host {host}'
        with subtests.test(sentence):
            pytest.fail(sentence, pytrace=False)


def host(*labels: str) -> str:
    """Put a name together that may not stand in this file."""
    return '.'.join(labels)


@pytest.mark.parametrize(
    ('text', 'name'),
    [
        ('git clone https://%s/x/y', host('git', 'somewhere', 'org')),
        ('see %s for more', host('docs', 'somewhere', 'org')),
        ('image: %s/debian:12', host('registry', 'somewhere', 'com')),
        ('mail joe@%s now', host('mail', 'somewhere', 'org')),
        ('at ssh://git@%s:22/', host('code', 'somewhere', 'dev')),
        ('at %s.', host('www', 'somewhere', 'io')),
        ('PIP_INDEX_URL=http://%s/simple', host('pypi', 'somewhere', 'net')),
    ],
)
def test_a_host_is_found(text: str, name: str) -> None:
    assert list(hosts_in('first\n' + text % name)) == [(2, name)]


@pytest.mark.parametrize(
    'text',
    [
        'http://127.0.0.1/identity',
        'http://controller:9696',
        'http://$service_host:19999/v1.0',
        'http://{host}:{port}/',
        'https://neutron.example.org:9696/v2.0',
        'joe@example.com',
        'tricircle.network.central_plugin.TricirclePlugin',
        'network.project.organisation',
        'api.conf.sample',
        'mysql+pymysql://root:password@127.0.0.1/tricircle',
    ],
)
def test_what_is_no_host_is_not(text: str) -> None:
    assert list(hosts_in(text)) == []


def test_attributes_in_code_are_no_hosts() -> None:
    name = host('cloud', 'somewhere', 'com')
    attribute = host('a', 'b', 'com')
    source = f'{attribute} = 1  # {name}\nc = """\n{name}\n"""\n'
    assert list(hosts_in(prose_of(source))) == [(1, name), (3, name)]
