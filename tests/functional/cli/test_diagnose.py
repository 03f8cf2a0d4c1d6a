# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking diagnose`` against real Neutrons."""

import socket
from typing import Any

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tricircle.cli.v1 import diagnose

#: Of how Neutrons are set up and reached; XJob is told of elsewhere.
_NUMBERS = (
    *(f'TRI01{number:02}' for number in range(1, 11)),
    'TRI0201',
    'TRI0202',
)


def found(app: Any, *arguments: str) -> dict[str, tuple[str, str]]:
    """Run the command; return region and text by number."""
    only = [word for one in _NUMBERS for word in ('--only', one)]
    columns, rows = commands.take_action(
        app, diagnose.Diagnose, *only, *arguments
    )
    assert columns == ('Number', 'Severity', 'Region', 'Finding', 'Remedy')
    return {number: (region, text) for number, _, region, text, _ in rows}


def with_urls(cloud: clouds.Cloud, **urls: str) -> Any:
    """Return an app whose catalogue has other URLs of some regions."""
    app = commands.make_app(cloud)
    app.client_manager.session.auth.replace(urls)
    return app


def test_nothing_is_found_where_all_neutrons_are_in_order(
    cloud: clouds.Cloud,
) -> None:
    assert found(commands.make_app(cloud)) == {}


def test_a_fault_in_the_catalogue_is_named_for_its_region(
    cloud: clouds.Cloud,
) -> None:
    assert cloud.admin_api is not None
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        closed = f'http://127.0.0.1:{free.getsockname()[1]}'
        faults = {
            'TRI0101': '',
            'TRI0102': 'http://neutron.invalid:9696',
            'TRI0103': closed,
            'TRI0108': cloud.admin_api.url,
            # A region's Neutron is none of central's, nor the reverse.
            'TRI0202': cloud.central.url,
        }
        for number, url in faults.items():
            app = with_urls(cloud, RegionTwo=url)
            shown = found(app)
            assert [(one, shown[one][0]) for one in shown] == [
                (number, 'RegionTwo')
            ]
        shown = found(with_urls(cloud, CentralRegion=cloud.one.url))
        assert list(shown) == ['TRI0201']


def test_errors_make_the_command_fail_and_warnings_do_if_asked_to(
    cloud: clouds.Cloud,
) -> None:
    app = with_urls(cloud, RegionTwo='http://neutron.invalid:9696')
    admin = app.client_manager.multiregion_networking
    wanted = ('--only', 'TRI0102')
    run = commands.run
    assert run(app, diagnose.Diagnose, *wanted) == 1
    assert run(app, diagnose.Diagnose, '--region', 'RegionOne', *wanted) == 0
    # A warning, where nobody is named who acts for regions.
    pods = [{**one, 'service_user_id': ''} for one in admin.pods()]
    admin.pods = lambda: pods
    wanted = ('--only', 'TRI0208')
    assert run(app, diagnose.Diagnose, *wanted) == 0
    assert run(app, diagnose.Diagnose, '--strict', *wanted) == 1
    assert 'RegionTwo: ' in app.stderr.getvalue()


def test_what_there_is_not_is_refused(cloud: clouds.Cloud) -> None:
    app = commands.make_app(cloud)
    with pytest.raises(exceptions.CommandError, match='RegionNine'):
        found(app, '--region', 'RegionNine')
    with pytest.raises(exceptions.CommandError, match='TRI9999'):
        found(app, '--only', 'TRI9999')
