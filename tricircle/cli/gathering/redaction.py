# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What nobody may read who is sent the archive: secrets.

All that is written goes through a :class:`Redactor`. It knows the literal
secrets of the session, and the places where others usually are.
"""

from collections.abc import Iterable, Mapping
import json
import re
from typing import Any, Final
from urllib import parse

from oslo_utils import strutils

from tricircle.cli import deadlines

#: In place of a secret.
MASK: Final = '***'
#: Seconds to wait for a token.
_TOKEN_TIME: Final = 10.0
#: Shorter ones are replaced as whole words only: they are parts of others.
_WHOLE_WORD: Final = 6

# Each begins with something of a bounded length: an answer may be a megabyte
# of letters.
_PATTERNS: Final = (
    (
        re.compile(
            r'-----BEGIN [A-Z ]*PRIVATE KEY-----.*?'
            r'(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)',
            re.DOTALL,
        ),
        MASK,
    ),
    # Passwords may have all characters but those that end a URL in a text.
    (
        re.compile(
            r'([a-z][a-z0-9+.-]{0,20}://)[^\s/?#\'"<>]+@', re.IGNORECASE
        ),
        rf'\1{MASK}@',
    ),
    (
        re.compile(
            r'([a-z][a-z0-9+.-]{0,20}://)[^\s/?#\'"<>:@]+:[^\s\'"<>]{0,400}@',
            re.IGNORECASE,
        ),
        rf'\1{MASK}@',
    ),
    (
        re.compile(
            r'\b((?:proxy-)?authorization|(?:set-)?cookie)'
            r'([\\"\']*\s*[:=]\s*[\\"\']*)[^\r\n"\']+',
            re.IGNORECASE,
        ),
        rf'\1\2{MASK}',
    ),
    (
        re.compile(r'\b(bearer|basic)\s+[\w.~+/=-]{8,}', re.IGNORECASE),
        rf'\1 {MASK}',
    ),
    (
        re.compile(r'\b(x-[a-z]+-token)([\\\s:="\']+)[^\s"\',]+', re.I),
        rf'\1\2{MASK}',
    ),
    # Tokens of Keystone: Fernet, and signed ones.
    (re.compile(r'\bgAAAA[\w=-]{16,}'), MASK),
    (re.compile(r'\beyJ[\w-]+\.[\w-]+\.[\w-]+'), MASK),
    # What oslo.utils leaves: without quotes, and within quoted JSON.
    (
        re.compile(
            r'((?:passw(?:or)?d|passphrase|secret|token|private_key)'
            r'[\w-]{0,40}[\\"\']*\s*[:=]\s*[\\"\']*)[^\s"\',;&]+',
            re.IGNORECASE,
        ),
        rf'\1{MASK}',
    ),
)


class Redactor:
    """Takes secrets out of texts and of what JSON can hold.

    :param secrets: literal ones, of any length; empty ones are left out
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {
            form
            for secret in secrets
            if secret.strip()
            for form in (
                secret,
                parse.quote(secret),
                parse.quote(secret, safe=''),
                parse.quote_plus(secret),
                json.dumps(secret)[1:-1],
                json.dumps(secret, ensure_ascii=False)[1:-1],
                repr(secret)[1:-1],
            )
        }
        # A longer one first: it may have a shorter one in it.
        self._literals = [
            re.compile(
                re.escape(one)
                if len(one) >= _WHOLE_WORD
                else rf'(?<!\w){re.escape(one)}(?!\w)'
            )
            for one in sorted(forms, key=lambda one: (-len(one), one))
        ]

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for literal in self._literals:
            text = literal.sub(MASK, text)
        text = strutils.mask_password(text, MASK)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """Return what JSON can hold without secrets, keys included."""
        return self._walked(strutils.mask_dict_password({'': value}, MASK)[''])

    def _walked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): self._walked(one)
                for key, one in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self._walked(one) for one in value]
        return value


def secrets_in(settings: Mapping[str, Any]) -> set[str]:
    """Return the values of settings that are secrets, by their names."""
    found: set[str] = set()
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= secrets_in(value)
        elif isinstance(value, str) and re.search(
            r'pass|secret|token|assertion|credential$|private', name.lower()
        ):
            found.add(value)
    return found


def address(url: str) -> str:
    """Return a URL without user, password, query and fragment."""
    parts = parse.urlsplit(url)
    return parse.urlunsplit(
        (parts.scheme, parts.netloc.rpartition('@')[2], parts.path, '', '')
    )


def root(url: str) -> str:
    """Return the URL of the document that lists a service's versions.

    It is the endpoint's without the version, and what follows it.
    """
    parts = parse.urlsplit(url)
    kept: list[str] = []
    for one in parts.path.split('/'):
        if re.fullmatch(r'v\d[\d.]*', one):
            break
        kept.append(one)
    path = '/'.join(kept).rstrip('/') + '/'
    return parse.urlunsplit((parts.scheme, parts.netloc, path, '', ''))


def known_secrets(manager: Any) -> set[str]:
    """Return the secrets of a session: its token, and how it got that."""
    options = getattr(manager, '_cli_options', None)
    found = secrets_in(getattr(options, 'config', None) or {})
    try:
        headers = deadlines.Deadline(_TOKEN_TIME).keep(
            manager.session.get_auth_headers
        )
    except Exception:
        # There is no token then, which whatever needs it will say.
        headers = None
    return found | {
        str(value)
        for name, value in (headers or {}).items()
        if 'token' in name.lower() or 'authorization' in name.lower()
    }
