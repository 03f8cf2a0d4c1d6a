# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What may come in: checked once, where a request enters an API.

Behind it every text can be encoded, compared and stored, every number fits
a column, and nothing is nested so deeply that to walk it is a danger. The
messages say what is wrong and repeat no more of it than a line.
"""

from collections.abc import Callable, Iterable, Mapping
import json
from typing import Any, Final, NoReturn
from urllib import parse

import webob.exc

#: Most bytes in what a region or the operator sends.
SHORT: Final = 1024 * 1024
#: Most bytes in a document, which may hold hundreds of ports.
LONG: Final = 16 * 1024 * 1024

_DEEPEST: Final = 64
_LARGEST: Final = 2**63 - 1
_SHOWN: Final = 200

_Answer = Iterable[bytes]
_Application = Callable[[dict[str, Any], Any], _Answer]


class Unacceptable(ValueError):
    """A request that is not looked at; the text says why.

    :ivar status: HTTP status
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check_request(environ: Mapping[str, Any], longest: int) -> None:
    """Check the line and the length of a request.

    :raises Unacceptable: path or query are no UTF-8, the length is no
        number, or the body is longer than `longest` bytes
    """
    _check_utf8('path', _bytes(environ, 'SCRIPT_NAME', 'PATH_INFO'))
    query = _bytes(environ, 'QUERY_STRING')
    _check_utf8('query', parse.unquote_to_bytes(query.replace(b'+', b' ')))
    length = str(environ.get('CONTENT_LENGTH') or '0')
    if not (length.isascii() and length.isdigit()):
        raise Unacceptable('The length of the body is no number')
    # Compared as a text first: a number of a million digits is a danger.
    if len(length) > len(str(longest)) or int(length) > longest:
        raise Unacceptable('The body is too large', 413)


def read_json(body: bytes, longest: int) -> Any:
    """Return what a body says.

    :raises Unacceptable: it is no JSON, or what nobody can work with
    """
    if len(body) > longest:
        raise Unacceptable('The body is too large', 413)
    try:
        read = json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError:
        raise Unacceptable('The body is nested too deeply') from None
    except ValueError as exc:
        raise Unacceptable(
            f'The body is no JSON: {shortened(str(exc))}'
        ) from None
    check(read)
    return read


def check(value: Any) -> None:
    """Check plain data, however deeply it is nested.

    :raises Unacceptable: a text that is no Unicode, a number that does not
        fit 64 bits, or too many levels
    """
    left = [(value, 0)]
    while left:
        one, depth = left.pop()
        if depth > _DEEPEST:
            raise Unacceptable('The body is nested too deeply')
        if isinstance(one, str):
            _check_text(one)
        elif isinstance(one, bool):
            continue
        elif isinstance(one, int | float):
            # Also true of what is infinite.
            if abs(one) > _LARGEST:
                raise Unacceptable('A number in the body is too large')
        elif isinstance(one, dict):
            left += ((key, depth + 1) for key in one)
            left += ((item, depth + 1) for item in one.values())
        elif isinstance(one, list):
            left += ((item, depth + 1) for item in one)


def shortened(text: str) -> str:
    """Return the beginning of a text that may be as long as a body."""
    return text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'


class Deserializer:
    """Bodies of Neutron's extension resources, read with :func:`read_json`."""

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def deserialize(self, body: bytes) -> dict[str, Any]:
        """Return ``{'body': ...}``.

        :raises webob.exc.HTTPException: as :class:`Unacceptable`
        """
        try:
            return {'body': read_json(body, self._longest)}
        except Unacceptable as exc:
            raise _http(exc) from exc


def guarded(resource: Any, longest: int, controller: Any) -> _Application:
    """Return a resource of Neutron's behind :func:`check_request`.

    Neutron reads the path before it handles any error, and has a route to
    methods that a controller may not have.

    :param controller: the resource's
    """

    def application(environ: dict[str, Any], start_response: Any) -> _Answer:
        try:
            check_request(environ, longest)
            _check_method(environ, controller)
        except Unacceptable as exc:
            refused = _http(exc)
            answer = webob.Response(
                status=exc.status,
                content_type='application/json',
                charset='utf-8',
                text=json.dumps(
                    {
                        'NeutronError': {
                            'type': type(refused).__name__,
                            'message': str(exc),
                            'detail': '',
                        }
                    }
                ),
            )
            found: _Answer = answer(environ, start_response)
            return found
        made: _Answer = resource(environ, start_response)
        return made

    # Without the resource's attribute `controller`: what no route leads to
    # would reach the controller through pecan, past this check.
    application.action_status = resource.action_status  # type: ignore[attr-defined]
    return application


def _check_method(environ: Mapping[str, Any], controller: Any) -> None:
    _, found = environ.get('wsgiorg.routing_args', ((), {}))
    if not hasattr(controller, str(found.get('action', ''))):
        raise Unacceptable('there is no such method here', 405)


def _http(exc: Unacceptable) -> webob.exc.HTTPException:
    made = webob.exc.status_map[exc.status](str(exc))
    assert isinstance(made, webob.exc.HTTPException)  # noqa: S101
    return made


def _bytes(environ: Mapping[str, Any], *names: str) -> bytes:
    return b''.join(
        str(environ.get(name) or '').encode('latin-1', 'replace')
        for name in names
    )


def _check_utf8(what: str, data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise Unacceptable(f'The {what} is no UTF-8') from None


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unacceptable(
            'A text in the body holds half a character (a lone surrogate)'
        ) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is no number')
