# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Asking for metrics, and reading what comes."""

from typing import Any

from prometheus_client import parser
import webob

from tests.unit.api.conftest import Api
from tricircle.api import deploy
from tricircle.conf import metrics as metrics_conf

Labels = frozenset[tuple[str, str]]
Samples = dict[tuple[str, Labels], float]


class Scraped:
    """What one answer said."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: Samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in parser.text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return a number; None when there is none."""
        return self.samples.get((name, frozenset(labels.items())))

    def names(self) -> set[str]:
        """Return the names of all that has a number."""
        return {name for name, _ in self.samples}


class Scraper:
    """A server that asks the Admin API for its metrics.

    :ivar app: all of the Admin API, without Keystone
    """

    def __init__(self, api: Api, enabled: bool = True) -> None:
        conf = api.conf
        metrics_conf.register_api(conf)
        conf.set_override('auth_strategy', 'noauth', 'client')
        conf.set_override('enabled', enabled, 'metrics')
        self.app: Any = deploy.application(conf)

    def ask(
        self, path: str, method: str = 'GET', **headers: str
    ) -> webob.Response:
        """Send a request without a token."""
        request = webob.Request.blank(path, method=method, headers=headers)
        return request.get_response(self.app)

    def scrape(self) -> Scraped:
        """Return what there is."""
        answer = self.ask('/metrics')
        assert answer.status_int == 200, answer.text
        return Scraped(answer.text)
