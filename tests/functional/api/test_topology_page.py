# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The topology page in a real browser, against the Admin API as deployed.

``TOPOLOGY_PAGE=record`` writes the picture of the documentation.
"""

from collections.abc import Iterator
import datetime
import json
import os
from pathlib import Path
import socketserver
import threading
import types as python_types
from typing import Any
import uuid
from wsgiref import simple_server

from keystoneauth1 import exceptions as ks_exc
from keystoneauth1.identity import v3
from keystonemiddleware import auth_token
from oslo_db.sqlalchemy import enginefacade
import pytest
import sqlalchemy as sa
import webob

from tests.functional.api import browser as browsers
from tests.unit.api import placing
from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import record
from tricircle.api import deploy
from tricircle.conf import metrics as metrics_conf
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.job import pauses
from tricircle.db.central.pod import contacts
from tricircle.db.central.pod import data_paths
from tricircle.db.central.pod import pods
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.journal.job import Job
from tricircle.replica import types
from tricircle.replica.data_path import Summary

CHROMIUM = browsers.program()
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason='there is no Chromium: install the package chromium',
    ),
]
PICTURE = Path(__file__).parents[3] / 'doc/source/admin/topology.png'
REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')
PASSWORD = 'right'
TOKENS = {
    'of-admin': ('admin,reader', 'admins'),
    'of-p1': ('reader', 'p1'),
}
EVIL = '<img src=x onerror="window.hacked = true">'
NETWORKS = [str(uuid.UUID(int=number)) for number in range(1, 7)]
ROUTER, PIECE, BRIDGE = (str(uuid.UUID(int=number)) for number in (8, 9, 10))
#: What is drawn, as the library has it.
GRAPH = 'document.getElementById("graph")._cyreg.cy'
DRAWN = 'document.getElementById("graph").dataset.drawn'


class _Tokens:
    """In place of keystonemiddleware's check."""

    def __init__(self, app: Any, conf: dict[str, Any]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        found = TOKENS.get(environ.get('HTTP_X_AUTH_TOKEN', ''))
        if found is None:
            return webob.Response(status=401)(environ, start_response)
        roles, project = found
        environ.update(
            HTTP_X_USER_ID='u', HTTP_X_ROLES=roles, HTTP_X_PROJECT_ID=project
        )
        return self._app(environ, start_response)


class _Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class _Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests free of it."""


class Site:
    """The Admin API on a port of its own.

    :ivar url: of the page
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        metrics_conf.register_api(api.conf)
        self._server = simple_server.make_server(
            '127.0.0.1', 0, deploy.application(api.conf), _Server, _Quiet
        )
        self.host = f'http://127.0.0.1:{self._server.server_port}'
        self.url = f'{self.host}/topology/'
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def topology(self, token: str = 'of-admin') -> Any:
        """Return what the API says to who has a token."""
        roles, project = TOKENS[token]
        return self.api.get(
            '/topology?limit=500', roles=roles, project=project
        )['topology']


def note(region: str, answers: bool) -> None:
    """Have XJob find whether a region answers."""
    with sessions.writer() as session:
        contacts.note(session, region, answers, None if answers else 'away')


def fill(api: Api) -> None:
    """Make some of everything."""
    with sessions.writer() as session:
        made = pods.create(session, 'RegionThree', 'az3')
        api.pods['RegionThree'] = made.pod_id
    names = ('web', 'database', 'shared', EVIL, 'old', 'outside')
    for network_id, name in zip(NETWORKS, names, strict=True):
        placing.network(network_id, name, 'p2' if name == 'old' else 'p1')
    for network_id, regions in (
        (NETWORKS[0], REGIONS),
        (NETWORKS[1], ('RegionOne',)),
        (NETWORKS[2], ('RegionOne', 'RegionTwo')),
        (NETWORKS[3], ('RegionTwo',)),
        (NETWORKS[4], ('RegionTwo',)),
        (NETWORKS[5], ('RegionThree',)),
    ):
        for region in regions:
            placing.put(api, network_id, region)
            record(network_id, region)
    placing.router(ROUTER, 'edge', 'p1')
    placing.piece(api, ROUTER, ROUTER, 'RegionOne')
    placing.piece(api, PIECE, ROUTER, 'RegionTwo')
    record(ROUTER, 'RegionOne', types.ROUTER)
    record(PIECE, 'RegionTwo', types.ROUTER)
    placing.network(BRIDGE, '', '')
    placing.bridge(BRIDGE, ROUTER)
    for network_id in NETWORKS[:3]:
        placing.link(ROUTER, network_id)
    placing.link(ROUTER, NETWORKS[5], 'network:router_gateway')
    for region in REGIONS:
        for job in claims.claim(region, 'xjob', 20, 60.0):
            _end(job)


def _end(job: Job) -> None:
    if job.resource_id == NETWORKS[1]:
        job_ends.finish(job, 'd', ('network.dns_domain',))
    elif job.resource_id == NETWORKS[2] and job.region_name == 'RegionTwo':
        job_ends.fail(job, '409 TunnelIdInUse: 1264 is in use', 60.0)
    elif job.resource_id != NETWORKS[4]:
        job_ends.finish(job, 'd', ())


@pytest.fixture(scope='module')
def patches() -> Iterator[pytest.MonkeyPatch]:
    def access(auth: Any, session: Any) -> Any:
        (method,) = auth.auth_methods
        if method.password != PASSWORD:
            raise ks_exc.Unauthorized
        return python_types.SimpleNamespace(
            auth_token='of-p1', expires=datetime.datetime(2126, 1, 1)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth_token, 'AuthProtocol', _Tokens)
        patch.setattr(v3.Password, 'get_access', access)
        yield patch


def _site(folder: Path, patches: pytest.MonkeyPatch) -> Site:
    patches.setattr(sessions, '_manager', enginefacade.transaction_context())
    return Site(Api(f'sqlite:///{folder}/central.db'))


@pytest.fixture(scope='module')
def site(
    tmp_path_factory: pytest.TempPathFactory, patches: pytest.MonkeyPatch
) -> Iterator[Site]:
    made = _site(tmp_path_factory.mktemp('site'), patches)
    fill(made.api)
    yield made
    made.close()
    made.api.close()


@pytest.fixture(autouse=True)
def answering(site: Site) -> None:
    """Have all regions answer."""
    for region in REGIONS:
        note(region, True)


@pytest.fixture(scope='module')
def browser(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[browsers.Browser]:
    assert CHROMIUM is not None
    made = browsers.Browser(CHROMIUM, tmp_path_factory.mktemp('profile'))
    yield made
    made.close()


def submit(browser: browsers.Browser, form: str, **fields: str) -> None:
    """Fill in a form of the page, and send it off."""
    for name, value in fields.items():
        browser.run(
            f'document.getElementById({json.dumps(form)})'
            f'.elements[{json.dumps(name)}].value = {json.dumps(value)}'
        )
    browser.run(f'document.getElementById({json.dumps(form)}).requestSubmit()')


def enter(
    browser: browsers.Browser, site: Site, token: str = 'of-admin'
) -> None:
    """Log in, and wait for the picture."""
    browser.go(site.url)
    submit(browser, 'with-token', token=token)
    browser.wait(DRAWN)


def drawn(browser: browsers.Browser) -> tuple[Any, Any]:
    """Return nodes, and edges by their ends, each with its classes."""
    nodes = browser.run(
        f'{GRAPH}.nodes().map((one) => [one.id(), one.classes()])'
    )
    edges = browser.run(
        f'{GRAPH}.edges().map((one) => ['
        'one.source().id(), one.target().id(), one.classes()])'
    )
    return (
        {one: set(classes) for one, classes in nodes},
        sorted(
            (source, target, *classes) for source, target, classes in edges
        ),
    )


def wanted_edges(found: Any) -> Any:
    places = [
        (one['resource_id'], one['pod_id'], one['state'])
        for one in found['places']
    ]
    links = [
        (
            one['router_id'],
            one['network_id'],
            'link',
            'gateway' if one['gateway'] else 'interface',
        )
        for one in found['links']
    ]
    return sorted([*places, *links])


@pytest.mark.parametrize('token', TOKENS)
def test_nodes_and_edges_are_those_of_the_api(
    browser: browsers.Browser, site: Site, token: str
) -> None:
    enter(browser, site, token)

    nodes, edges = drawn(browser)

    found = site.topology(token)
    assert nodes.keys() == {
        *(one['pod_id'] for one in found['regions']),
        *(one['id'] for one in found['resources']),
    }
    assert edges == wanted_edges(found)
    # There is something of each, or this would prove little.
    assert {one[2] for one in edges} >= {'in_sync', 'omitted', 'error', 'link'}
    assert (NETWORKS[4] in nodes) is (token == 'of-admin')


def test_the_tables_say_the_same(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)
    found = site.topology()

    for table, ids in (
        ('regions', [one['pod_id'] for one in found['regions']]),
        ('resources', [one['id'] for one in found['resources']]),
    ):
        assert ids == browser.run(
            f'[...document.querySelectorAll("#{table} tbody tr")]'
            '.map((one) => one.dataset.id)'
        )
    said = browser.run(
        f'document.querySelector(\'[data-id="{NETWORKS[2]}"]\').textContent'
    )
    assert 'RegionOne: in sync' in said
    assert 'RegionTwo: error: 409 TunnelIdInUse: 1264 is in use' in said


def test_a_region_that_answers_no_more_turns_red_at_the_next_poll(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)
    region = f'{GRAPH}.getElementById("{site.api.pods["RegionTwo"]}")'
    before = browser.run(f'{region}.style("background-color")')
    assert 'away' not in browser.run(f'{region}.classes()')

    note('RegionTwo', False)

    browser.wait(f'{region}.hasClass("away")')
    assert browser.run(f'{region}.style("background-color")') != before
    assert browser.run(f'{region}.data("label")') == 'RegionTwo (away)'
    row = 'document.querySelector("tr.away").cells'
    assert browser.run(f'[...{row}].map((one) => one.textContent)') == [
        'RegionTwo',
        'active',
        'no',
        'unknown',
        '2',
        '1',
    ]


def test_a_pause_and_tunnels_that_are_down_are_told_in_the_row(
    browser: browsers.Browser, site: Site
) -> None:
    pod_id = site.api.pods['RegionOne']
    with sessions.writer() as session:
        pauses.pause_region(session, pod_id, 'new switches')
        data_paths.note(
            session, 'RegionOne', Summary(hosts=2, up=4, down=1, silent=1)
        )
    try:
        enter(browser, site)
        row = f'document.querySelector(\'#regions [data-id="{pod_id}"]\')'
        cells = browser.run(f'[...{row}.cells].map((one) => one.textContent)')
        browser.run(f'{row}.querySelector("button").click()')
        details = browser.run('document.querySelector("dl").textContent')
    finally:
        with sessions.writer() as session:
            pauses.resume_region(session, pod_id)
            data_paths.forget(session, 'RegionOne')

    assert cells[1] == 'paused'
    assert cells[3] == '2 of 6 down'
    assert 'new switches' in details


def test_a_name_is_never_markup(browser: browsers.Browser, site: Site) -> None:
    enter(browser, site)
    name = f'document.querySelector(\'[data-id="{NETWORKS[3]}"] button\')'
    browser.run(f'{name}.click()')

    assert browser.run(f'{name}.textContent') == EVIL
    assert browser.run(
        'document.querySelector("#details h2").textContent'
    ) == (EVIL)
    assert browser.run('document.querySelectorAll("img").length') == 0
    assert browser.run('window.hacked === undefined')


def test_a_password_logs_in_and_is_forgotten(
    browser: browsers.Browser, site: Site
) -> None:
    browser.go(site.url)
    given = {'username': 'alice', 'project_name': 'p1'}
    submit(browser, 'with-password', password='wrong', **given)
    assert 'does not accept' in browser.wait(
        'document.getElementById("refused").textContent'
    )

    submit(browser, 'with-password', password=PASSWORD, **given)

    browser.wait(DRAWN)
    assert (
        browser.run(
            'document.querySelector("#with-password [name=password]").value'
        )
        == ''
    )
    assert NETWORKS[4] not in drawn(browser)[0]
    assert browser.run('localStorage.length + sessionStorage.length') == 0


def test_an_invalid_token_leads_back_to_the_login(
    browser: browsers.Browser, site: Site
) -> None:
    browser.go(site.url)
    submit(browser, 'with-token', token='of-nobody')

    assert 'not valid' in browser.wait(
        'document.getElementById("refused").textContent'
    )


def test_nothing_is_asked_of_another_host_and_nothing_is_complained_of(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)

    asked = browser.asked()

    assert f'{site.host}/topology/page.js' in asked
    assert all(one.startswith(f'{site.host}/') for one in asked), asked
    assert browser.said() == []


def test_what_somebody_puts_into_the_page_does_not_run(
    browser: browsers.Browser, site: Site
) -> None:
    browser.go(site.url)
    browser.run(
        """(() => {
            const script = document.createElement('script');
            script.textContent = 'window.hacked = true';
            const image = document.createElement('img');
            image.src = 'http://192.0.2.7/x.png';
            document.body.append(script, image);
        })()"""
    )

    assert browser.run('window.hacked === undefined')
    assert len([one for one in browser.said() if 'Content Sec' in one]) == 2


def test_it_is_used_by_the_keyboard(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)

    for _ in range(30):
        browser.key('Tab', 9)
        if browser.run('!!document.activeElement.closest("#resources")'):
            break
    browser.key('Enter', 13, '\r')

    assert browser.run(
        'document.querySelector("#details h2").textContent'
    ) == ('web')
    assert browser.run(f'{GRAPH}.$(".chosen").map((one) => one.id())') == [
        NETWORKS[0]
    ]


def test_it_is_dark_where_the_user_wants_that(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)
    look = f"""[
        getComputedStyle(document.body).backgroundColor,
        {GRAPH}.nodes('.region').style('background-color')]"""
    light = browser.run(look)

    prefer(browser, 'dark')

    dark = browser.wait(f'(({look})[1] !== {json.dumps(light[1])}) && {look}')
    assert dark[0] != light[0]
    prefer(browser, 'light')


def prefer(browser: browsers.Browser, scheme: str) -> None:
    """Have the browser prefer light or dark pages."""
    browser.ask(
        'Emulation.setEmulatedMedia',
        features=[{'name': 'prefers-color-scheme', 'value': scheme}],
    )


def test_what_is_looked_for_is_all_that_is_drawn(
    browser: browsers.Browser, site: Site
) -> None:
    enter(browser, site)

    submit(browser, 'filters', state='error')

    browser.wait(f'{GRAPH}.nodes(".network").length === 1')
    assert NETWORKS[2] in drawn(browser)[0]


@pytest.mark.skipif(
    os.environ.get('TOPOLOGY_PAGE') != 'record',
    reason='writes a picture, with TOPOLOGY_PAGE=record',
)
def test_the_picture_of_the_documentation_is_taken(
    browser: browsers.Browser, site: Site
) -> None:
    rename(NETWORKS[3], 'lab')
    note('RegionThree', False)
    enter(browser, site)
    PICTURE.write_bytes(browser.screenshot())
    rename(NETWORKS[3], EVIL)


def rename(network_id: str, name: str) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.text('UPDATE networks SET name = :name WHERE id = :id'),
            {'name': name, 'id': network_id},
        )


def test_250_regions_and_5000_networks_are_drawn_soon(
    browser: browsers.Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    crowded = _site(tmp_path, monkeypatch)
    crowd()
    try:
        browser.go(crowded.url)
        submit(browser, 'with-token', token='of-admin')
        browser.wait(DRAWN)
        ended = browser.run('performance.now()')
        (asked,) = browser.run(
            "performance.getEntriesByType('resource')"
            ".filter((one) => one.name.includes('/v1.0/topology'))"
            '.map((one) => [one.startTime, one.responseEnd])'
        )
        nodes, edges = drawn(browser)
        found = crowded.topology()
        assert len(found['regions']) == 252
        assert len(nodes) == 252 + 500
        assert edges == wanted_edges(found)
        with capsys.disabled():
            print(
                f'\n252 regions, 500 of 5000 networks, {len(edges)} edges: '
                f'first picture after {(ended - asked[0]) / 1000:.2f} s, '
                f'{(asked[1] - asked[0]) / 1000:.2f} s of them the API'
            )
    finally:
        crowded.close()
        crowded.api.close()


def crowd() -> None:
    """Make 250 regions more, and 5000 networks, each in four of them."""
    pod_ids = [str(uuid.UUID(int=10**6 + number)) for number in range(250)]
    networks = [str(uuid.UUID(int=number)) for number in range(1, 5001)]
    placing.insert(
        'networks',
        *(
            {'id': one, 'name': f'net-{number}', 'project_id': 'p1'}
            for number, one in enumerate(networks)
        ),
    )
    with sessions.writer() as session:
        session.execute(
            central_models.Pod.__table__.insert(),
            [
                {'pod_id': one, 'region_name': f'R{number}', 'az_name': 'az'}
                for number, one in enumerate(pod_ids)
            ],
        )
        session.execute(
            central_models.ResourceRouting.__table__.insert(),
            [
                {
                    'top_id': one,
                    'bottom_id': one,
                    'pod_id': pod_ids[(number * 7 + step * 3) % 250],
                    'resource_type': types.NETWORK,
                }
                for number, one in enumerate(networks)
                for step in range(4)
            ],
        )
