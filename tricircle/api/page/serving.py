# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Serves the page, at :data:`PATH`."""

import dataclasses
import hashlib
from importlib import resources
from typing import Any, Final

from oslo_config import cfg
import webob
import webob.dec

from tricircle.api import faults
from tricircle.api.page import login

#: All of the page is below it; links in it are relative, for who mounts the
#: API elsewhere.
PATH: Final = '/topology'
_INDEX: Final = 'index.html'
_LOGIN: Final = 'login'
_TYPES: Final = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.mjs': 'text/javascript',
    '.png': 'image/png',
}
#: Nothing but these files runs, or is asked for; nobody puts the page in a
#: frame.
_HEADERS: Final = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
}


@dataclasses.dataclass(frozen=True)
class _File:
    """What is served.

    :ivar tag: of the content, for who has it already
    """

    content: bytes
    content_type: str
    tag: str


def _files() -> dict[str, _File]:
    """Return the files by their path below the folder."""
    found = {}
    left = [('', resources.files('tricircle.api.page') / 'static')]
    while left:
        path, one = left.pop()
        if one.is_dir():
            left += (
                (f'{path}/{inner.name}'.lstrip('/'), inner)
                for inner in one.iterdir()
            )
            continue
        suffix = path[path.rfind('.') :]
        content = one.read_bytes()
        found[path] = _File(
            content,
            _TYPES.get(suffix, 'text/plain'),
            hashlib.sha256(content).hexdigest()[:32],
        )
    return found


class Page:
    """WSGI application of the page."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._files = _files()
        self._login = login.Login(conf)

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        """Answer a request for what is below :data:`PATH`."""
        answer = self._answer(request)
        for name, value in _HEADERS.items():
            answer.headers[name] = value
        return answer

    def _answer(self, request: webob.Request) -> webob.Response:
        name = _below(request.environ)
        if name == _LOGIN:
            return self._login.answer(request)
        if request.method not in ('GET', 'HEAD'):
            return faults.response(405, f'{request.method} is not allowed')
        if name is None:
            return webob.Response(
                status=308, location=f'{request.application_url}{PATH}/'
            )
        file = self._files.get(name or _INDEX)
        if file is None:
            return faults.response(404, 'There is no such file of the page')
        return webob.Response(
            body=file.content,
            content_type=file.content_type,
            etag=file.tag,
            # They are asked for again, and rarely sent again.
            cache_control='no-cache',
            conditional_response=True,
        )


def _below(environ: dict[str, Any]) -> str | None:
    """Return what a path names below :data:`PATH`, None without a slash."""
    path = str(environ.get('PATH_INFO', ''))
    return None if path == PATH else path.removeprefix(f'{PATH}/')


def is_at(path: str) -> bool:
    """Tell whether a path is one of the page."""
    return path == PATH or path.startswith(f'{PATH}/')
