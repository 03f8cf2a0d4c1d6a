# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which version a request means."""

import pytest

from tricircle.gateway.api import microversions


def span(least: str, most: str) -> microversions.Range:
    return microversions.Range(
        microversions.Version.parse(least), microversions.Version.parse(most)
    )


OFFERED = span('2.1', '2.96')


def wanted(**headers: str) -> str:
    given = {name.replace('_', '-'): text for name, text in headers.items()}
    return str(microversions.wanted(given, 'compute', OFFERED))


def test_what_all_have_is_between_the_greatest_least_and_the_least_most() -> (
    None
):
    both = microversions.in_all([span('2.1', '2.104'), span('2.9', '2.96')])
    assert both == span('2.9', '2.96')


def test_regions_may_have_nothing_in_common() -> None:
    assert microversions.in_all([span('2.1', '2.8'), span('2.9', '2.9')]) is (
        None
    )


def test_no_regions_have_nothing() -> None:
    assert microversions.in_all([]) is None


def test_versions_compare_as_numbers() -> None:
    assert microversions.Version.parse('2.10') > microversions.Version.parse(
        '2.9'
    )


def test_a_request_that_names_none_means_the_least() -> None:
    assert wanted() == '2.1'


def test_latest_is_the_latest_that_all_have() -> None:
    assert wanted(OpenStack_API_Version='compute latest') == '2.96'


def test_the_header_of_old_clients_counts() -> None:
    assert wanted(X_OpenStack_Nova_API_Version='2.25') == '2.25'


def test_the_version_of_another_service_is_none_of_ours() -> None:
    assert wanted(OpenStack_API_Version='volume 3.70') == '2.1'


def test_what_not_all_have_is_refused_with_the_range() -> None:
    with pytest.raises(
        microversions.NotAcceptable, match=r'2\.1 and maximum is 2\.96'
    ):
        wanted(OpenStack_API_Version='compute 2.97')


@pytest.mark.parametrize('text', ['two', '2', '2.1.1'])
def test_what_is_no_version_is_malformed(text: str) -> None:
    with pytest.raises(microversions.Malformed):
        wanted(OpenStack_API_Version=f'compute {text}')
