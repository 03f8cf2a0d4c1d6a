# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region says that it runs, and to whom."""

from oslo_config import cfg
import pytest

from tests.unit.one_region.region import Region
import tricircle
from tricircle.client import paths
from tricircle.conf import local as local_conf
from tricircle.replica import document
from tricircle.replica import releases

_PATH = paths.release().removeprefix('/v2.0')
#: Another region's Neutron: project, user and roles.
_OTHER = ('service', 'neutron-RegionTwo', ('service',))


def test_who_acts_for_central_is_told(region: Region) -> None:
    answer = region.service.get(_PATH)

    found = releases.read(answer.json()['release'])
    assert found.version == tricircle.__version__
    assert found.document_schema == document.SCHEMA_VERSION
    listed = region.admin.get('/extensions').json()['extensions']
    assert set(found.extensions) == {one['alias'] for one in listed}


def test_a_tenant_is_not(region: Region, fresh_project: str) -> None:
    assert region.client(fresh_project).get(_PATH).status_code == 403


def test_a_service_that_does_not_act_for_central_is_not(
    region: Region,
) -> None:
    option = 'central_user_id', local_conf.GROUP
    cfg.CONF.set_override(option[0], 'somebody-else', option[1])
    try:
        assert region._as(*_OTHER).get(_PATH).status_code == 403
        # As of replicas: an administrator may look.
        assert region.admin.get(_PATH).status_code == 200
    finally:
        cfg.CONF.clear_override(*option)


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE'])
def test_there_is_nothing_to_change(region: Region, method: str) -> None:
    answer = region.service.request(method, _PATH)

    assert answer.status_code in {404, 405}


def test_a_region_of_a_release_before_answers_404(region: Region) -> None:
    """As of any type of replicas that it does not know."""
    answer = region.service.get(f'{_PATH}-of-tomorrow')

    assert answer.status_code == 404
