# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""For whom a method of a plugin is."""

from tricircle.local.engine.owner import actor


class Behind:
    def change(self, what: str) -> str:
        return f'behind: {what}'

    def check(self, what: str) -> str:
        return f'behind: {what}'


class Plugin(Behind):
    @actor.for_users
    def change(self, what: str) -> str:
        """Change it."""
        return f'ours, then {super().change(what)}'

    @actor.for_documents
    def check(self, what: str) -> str:
        return f'ours, then {super().check(what)}'


class Derived(Plugin):
    pass


def test_a_document_goes_past_what_is_for_users():
    assert Derived().change('x') == 'ours, then behind: x'
    with actor.applying():
        assert Derived().change('x') == 'behind: x'
    assert Derived().change('x') == 'ours, then behind: x'


def test_users_go_past_what_is_for_documents():
    assert Derived().check('x') == 'behind: x'
    with actor.applying():
        assert Derived().check('x') == 'ours, then behind: x'


def test_the_class_shows_the_method_itself():
    assert Plugin.change.__doc__ == 'Change it.'
