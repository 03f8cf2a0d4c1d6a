# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pages of volumes through the handler, while volumes come and go."""

from typing import Any

import hypothesis
from hypothesis import strategies as st

from tests.unit.gateway import cinders
from tests.unit.gateway import stand_in
from tricircle.api import faults

REGIONS = ('One', 'Three', 'Two')


class Homes:
    """Where volumes are: their IDs say it."""

    def find(self, resource: str, resource_id: str, asked: Any) -> str:
        _number, region, _kind = resource_id.split('-')
        if region not in REGIONS:
            raise faults.Fault(404, 'nowhere')
        return region

    def note(self, *_what: Any) -> None:
        """Nothing has to be noted."""

    def forget(self, *_what: Any) -> None:
        """Nor forgotten."""

    def bound(self, *_what: Any) -> list[str]:
        return []


def client_of(there: cinders.Regions) -> stand_in.Client:
    cloud = cinders.cloud_of(there, lambda *_ids: {})
    object.__setattr__(cloud, 'homes', Homes())
    return stand_in.Client(cloud)


@st.composite
def clouds(draw: st.DrawFn) -> cinders.Regions:
    there = cinders.Regions(*REGIONS)
    for number in range(draw(st.integers(0, 20))):
        region = there.there[draw(st.sampled_from(REGIONS))]
        region.volume(number, f't{draw(st.integers(0, 4))}')
    return there


def whole(there: cinders.Regions) -> list[str]:
    return [
        one['id']
        for one in sorted(
            (
                one
                for had in there.there.values()
                for one in had.has['volumes']
            ),
            key=lambda one: (one['created_at'], one['id']),
            reverse=True,
        )
    ]


def page(client: stand_in.Client, link: str) -> tuple[list[str], str | None]:
    said = client.ask('GET', link).json
    links = said.get('volumes_links', [])
    return (
        [one['id'] for one in said['volumes']],
        links[0]['href'] if links else None,
    )


def walk(
    client: stand_in.Client, limit: int, by_links: bool
) -> list[list[str]]:
    """Return all pages, by the gateway's links or by one's own markers."""
    first = link = f'/v3/volumes?limit={limit}'
    found: list[list[str]] = []
    while True:
        seen, following = page(client, link)
        found.append(seen)
        if not (following if by_links else seen):
            return found
        link = following if by_links else f'{first}&marker={seen[-1]}'


@hypothesis.given(
    there=clouds(), limit=st.integers(1, 7), by_links=st.booleans()
)
def test_all_pages_are_the_whole_list_in_order(
    there: cinders.Regions, limit: int, by_links: bool
) -> None:
    pages = walk(client_of(there), limit, by_links)
    assert [one for each in pages for one in each] == whole(there)
    assert all(len(one) == limit for one in pages[:-2])


@hypothesis.given(
    there=clouds(),
    limit=st.integers(1, 7),
    by_links=st.booleans(),
    data=st.data(),
)
def test_what_stays_is_seen_once_though_others_come_and_go(
    there: cinders.Regions, limit: int, by_links: bool, data: st.DataObject
) -> None:
    """Markers stay: Cinder itself finds no page behind one that is gone."""
    client = client_of(there)
    first = f'/v3/volumes?limit={limit}'
    seen, link = page(client, first)
    before = whole(there)
    behind = before[len(seen) :]
    gone: set[str] = set()
    if behind:
        gone = set(data.draw(st.lists(st.sampled_from(behind), max_size=3)))
    for region in there.there.values():
        region.has['volumes'] = [
            one for one in region.has['volumes'] if one['id'] not in gone
        ]
    # A region of which nothing was shown yet may show it late: better than
    # to leave out what one has that was away.
    new = there.there['Two'].volume(77, 't9')
    while link:
        if not by_links:
            link = f'{first}&marker={seen[-1]}'
        more, link = page(client, link)
        seen += more
    assert [one for one in seen if one != new] == [
        one for one in before if one not in gone
    ]
