# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The documentation says of each attribute what the field tables say."""

from tests.unit import attributes_page


def test_the_page_of_attributes_is_as_the_field_tables() -> None:
    written = attributes_page.PAGE.read_text()
    assert written == attributes_page.page(), (
        'write it anew: python -m tests.unit.attributes_page'
    )


def test_every_attribute_has_one_row() -> None:
    named = [(one, name) for one, name, *_rest in attributes_page.rows()]
    assert len(named) == len(set(named)) > 150
