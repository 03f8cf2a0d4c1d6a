# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The documentation names all metrics that there are."""

from tests.unit import metrics_page


def test_the_tables_of_metrics_are_as_the_code() -> None:
    for path, told in metrics_page.registries().items():
        assert path.read_text() == metrics_page.page(told), (
            'write it anew: python -m tests.unit.metrics_page'
        )


def test_labels_are_few_and_none_is_of_a_tenant() -> None:
    labels = {
        one
        for told in metrics_page.registries().values()
        for _family, named in metrics_page.families(told)
        for one in named
    }

    assert labels == {
        'method',
        'outcome',
        'peer',
        'region',
        'route',
        'state',
        'status',
        'type',
    }
