# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Admin API behind a proxy that serves TLS for it."""

import threading
from typing import Any
import urllib.request

from oslo_config import cfg
import oslo_middleware
import pytest
import waitress

from tricircle.api import deploy
from tricircle.cmd import api
from tricircle.cmd import program


def scheme(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as which scheme a request is taken."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [environ['wsgi.url_scheme'].encode()]


@pytest.mark.parametrize(
    ('believed', 'taken_as'), [(True, 'https'), (False, 'http')]
)
def test_a_proxy_says_that_a_request_came_with_tls_if_it_is_believed(
    monkeypatch: pytest.MonkeyPatch, believed: bool, taken_as: str
) -> None:
    def configure(conf: cfg.ConfigOpts, _argv: object) -> None:
        for name, value in (
            ('bind_host', '127.0.0.1'),
            ('bind_port', 0),
            ('api_workers', 1),
        ):
            conf.register_opt(cfg.Opt(name, default=value))

    def application(conf: cfg.ConfigOpts) -> Any:
        middleware = oslo_middleware.HTTPProxyToWSGI(scheme, conf)
        conf.set_override(
            'enable_proxy_headers_parsing', believed, 'oslo_middleware'
        )
        return middleware

    answers = []

    def serve(app: Any, **options: Any) -> None:
        server = waitress.create_server(app, **options)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        asked = urllib.request.Request(
            f'http://127.0.0.1:{server.effective_port}/',
            headers={'X-Forwarded-Proto': 'https'},
        )
        with urllib.request.urlopen(  # noqa: S310 our own
            asked, timeout=10
        ) as answer:
            answers.append(answer.read().decode())
        server.close()

    monkeypatch.setattr(cfg, 'CONF', cfg.ConfigOpts())
    cfg.CONF([])
    monkeypatch.setattr(deploy, 'configure', configure)
    monkeypatch.setattr(deploy, 'application', application)
    monkeypatch.setattr(program, 'wait', lambda *_more: None)
    monkeypatch.setattr(waitress, 'serve', serve)

    api._serve([])

    assert answers == [taken_as]
