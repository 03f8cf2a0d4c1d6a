# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What real programs tell Prometheus of real regions."""

from collections.abc import Iterator

from prometheus_client import parser
import pytest
import requests

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import ports
from tests.functional.stretched import stretched

#: XJob looks whether regions answer.
pytestmark = pytest.mark.own_cloud(
    xjob={'DEFAULT': {'probe_interval': 0.3, 'sweep_interval': 3}}
)


class Scraped:
    """What both programs tell."""

    def __init__(self, *urls: str) -> None:
        self._urls = urls

    def value(self, name: str, **labels: str) -> float | None:
        """Return a number as it is now; None when there is none."""
        for url in self._urls:
            answer = requests.get(f'{url}/metrics', timeout=10)
            assert answer.status_code == 200, answer.text
            for family in parser.text_string_to_metric_families(answer.text):
                for sample in family.samples:
                    if (sample.name, sample.labels) == (name, labels):
                        return float(sample.value)
        return None

    def of_region(self, name: str) -> float | None:
        """Return what is told of RegionOne."""
        return self.value(f'tricircle_{name}', region='RegionOne')


@pytest.fixture
def scraped(cloud: clouds.Cloud) -> Iterator[Scraped]:
    (xjob,) = cloud.xjobs
    api = cloud.admin_api
    assert api is not None
    port = cloud.workspace.ports.take()
    with (
        xjob.configured({'metrics': {'port': port}}),
        api.configured({'metrics': {'enabled': True}}),
    ):
        yield Scraped(api.url, f'http://{ports.HOST}:{port}')


def test_a_region_that_goes_away_and_comes_back_is_told(
    cloud: clouds.Cloud, scraped: Scraped, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])
    central = cloud.central.client(project=fresh_project)

    def is_well() -> None:
        assert scraped.of_region('region_ready') == 1
        assert scraped.of_region('region_pending') == 0
        assert scraped.of_region('xjob_breaker_open') == 0
        assert (scraped.of_region('region_in_sync') or 0) > 0

    eventually(is_well, 60)

    with cloud.one.from_xjob.away():
        central.update('network', network['id'], name='renamed')

        def is_away() -> None:
            assert scraped.of_region('region_ready') == 0
            assert scraped.of_region('region_contact_known') == 1
            assert scraped.of_region('region_failing') == 1
            assert scraped.of_region('xjob_breaker_open') == 1

        eventually(is_away, 30)
        assert scraped.value(
            'tricircle_xjob_jobs_total',
            region='RegionOne',
            type='network',
            outcome='unreachable',
        )

    eventually(is_well, 60)


def test_an_xjob_that_has_ended_tells_nothing(
    cloud: clouds.Cloud, scraped: Scraped
) -> None:
    def has_looked() -> None:
        age = scraped.value('tricircle_xjob_journal_read_age_seconds')
        assert age is not None
        assert age < 60

    eventually(has_looked, 30)
    (xjob,) = cloud.xjobs

    xjob.stop()

    with pytest.raises(requests.ConnectionError):
        has_looked()
