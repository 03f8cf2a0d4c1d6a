# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Somebody else acts between two steps of what is done for a document.

For every kind, and at each step in turn: another worker takes over with a
later document, central removes the resource or has it released, a user of the
region deletes it. What was said last is so in the end, the ledger says the
same, and nothing is left of anything else.
"""

from collections.abc import Callable, Iterator
import contextlib

import pytest

from tests.unit.local import stepped
from tests.unit.local import stepped_documents
from tests.unit.local.stepped_documents import Story
from tests.unit.local.stepped_ground import Ground
from tricircle.db.local.models import State
from tricircle.local import kinds
from tricircle.local.engine import apply
from tricircle.replica import types
from tricircle.replica.document import Document

_STORIES = [
    pytest.param(story, id=f'{resource_type} {name}')
    for resource_type, stories in stepped_documents.STORIES.items()
    for name, story in stories.items()
]
_ONE_OF_EACH = [
    pytest.param(next(iter(stories.values())), id=resource_type)
    for resource_type, stories in stepped_documents.STORIES.items()
]
_OF_USERS = [
    pytest.param(story, id=resource_type)
    for resource_type, stories in stepped_documents.STORIES.items()
    for story in list(stories.values())[:1]
    if story.path is not None
]
#: Steps that each change has at least, if it is stepped at all.
_FEWEST = 2


@pytest.fixture(scope='module')
def ground() -> Iterator[Ground]:
    with stepped.running() as region:
        yield Ground(region)


@contextlib.contextmanager
def nothing_left(ground: Ground) -> Iterator[dict[str, int]]:
    """Assert that there is what there was, but for tombstones."""
    before = ground.region.counts()
    yield before
    assert ground.region.counts() == before


def applied(ground: Ground, document: Document) -> None:
    apply.apply(ground.region.context, document)


def begin(ground: Ground, story: Story) -> Document:
    """Have the first document of a story in the region."""
    document = story.first(ground)
    ground.region.apply(document)
    return document


def test_no_kind_is_left_out() -> None:
    assert set(stepped_documents.STORIES) == {one.type for one in kinds.KINDS}


@pytest.mark.parametrize('story', _STORIES)
def test_a_later_document_is_what_is_here(
    ground: Ground, story: Story
) -> None:
    with nothing_left(ground):
        one = begin(ground, story)
        ground.region.apply(story.later(ground, one))
        whole = ground.region.counts()
        stepped.remove_as_another(one)

    def act(first: Document) -> None:
        nonlocal second
        second = story.later(ground, first)
        with stepped.given_up():
            stepped.apply_as_another(second)

    def check(first: Document, number: int) -> None:
        stepped.assert_is(ground.region, second)
        if first.type == types.SHADOW_PORTS:
            stepped.assert_agents_are(ground.region, second)
        assert ground.region.counts() == whole, number
        stepped.remove_as_another(first)
        assert ground.region.counts() == before, number

    second: Document
    with nothing_left(ground) as before:
        stepped.Steps(
            ground.region,
            lambda: begin(ground, story),
            lambda first: applied(ground, story.change(ground, first)),
            act,
            check,
        ).run(_FEWEST)


def _removed_at_each_step(
    ground: Ground,
    first: Callable[[], Document],
    change: Callable[[Document], Document],
    *,
    release: bool = False,
) -> None:
    def act(document: Document) -> None:
        with stepped.given_up():
            stepped.remove_as_another(document, release=release)

    def check(document: Document, number: int) -> None:
        stepped.assert_gone(ground.region, document)
        assert ground.region.counts() == before, number

    with nothing_left(ground) as before:
        stepped.Steps(
            ground.region,
            first,
            lambda document: applied(ground, change(document)),
            act,
            check,
        ).run(_FEWEST)


@pytest.mark.parametrize('story', _ONE_OF_EACH)
def test_what_central_deletes_does_not_come_back(
    ground: Ground, story: Story
) -> None:
    _removed_at_each_step(
        ground,
        lambda: begin(ground, story),
        lambda first: story.change(ground, first),
    )


@pytest.mark.parametrize('story', _ONE_OF_EACH)
def test_what_is_released_does_not_come_back(
    ground: Ground, story: Story
) -> None:
    _removed_at_each_step(
        ground,
        lambda: begin(ground, story),
        lambda first: story.change(ground, first),
        release=True,
    )


@pytest.mark.parametrize('story', _ONE_OF_EACH)
def test_what_is_deleted_before_it_was_whole_leaves_nothing(
    ground: Ground, story: Story
) -> None:
    _removed_at_each_step(
        ground, lambda: story.first(ground), lambda first: first
    )


@pytest.mark.parametrize('story', _ONE_OF_EACH)
def test_what_comes_again_while_it_is_taken_away_is_here(
    ground: Ground, story: Story
) -> None:
    def act(first: Document) -> None:
        nonlocal second
        second = story.later(ground, first)
        with stepped.given_up():
            stepped.apply_as_another(second)

    def check(first: Document, number: int) -> None:
        stepped.assert_is(ground.region, second)
        stepped.remove_as_another(first)
        assert ground.region.counts() == before, number

    second: Document
    with nothing_left(ground) as before:
        stepped.Steps(
            ground.region,
            lambda: begin(ground, story),
            stepped.remove_as_another,
            act,
            check,
        ).run(0)


@pytest.mark.parametrize('story', _OF_USERS)
def test_a_user_deletes_a_port_and_nothing_else(
    ground: Ground, story: Story
) -> None:
    """Who deletes a port is heard at any step; all else is central's."""

    def act(first: Document) -> None:
        assert story.path is not None
        status, _body = ground.region.ask('DELETE', story.path(first))
        # Some of central's means are out of users' sight.
        allowed = {204} if first.type == types.PORT else {404, 409}
        assert status in allowed, status

    def check(first: Document, number: int) -> None:
        if first.type == types.PORT:
            row = ground.region.row(first.type, first.id)
            assert row.state == State.DELETED
            assert '"by_region": true' in row.detail
            assert (first.type, first.id) in ground.region.waiting()
        else:
            stepped.assert_is(ground.region, second)
            stepped.remove_as_another(first)
        assert ground.region.counts() == before, number

    def step(first: Document) -> None:
        nonlocal second
        second = story.change(ground, first)
        applied(ground, second)

    second: Document
    with nothing_left(ground) as before:
        stepped.Steps(
            ground.region, lambda: begin(ground, story), step, act, check
        ).run(_FEWEST)
