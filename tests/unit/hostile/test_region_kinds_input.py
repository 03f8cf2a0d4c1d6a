# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region is sent documents of every kind that are right but for a spot.

On real plugins: what is accepted is there and goes again, what is refused
leaves nothing. And whatever is asked for by paths and queries that are none.

Only central may send documents. What their schemas let pass and a plugin
cannot carry out all the same, such as a number that is too large, is the one
thing that is answered with 500: by the cause, for the reason of the job.
"""

from collections.abc import Iterator, Mapping
import copy
import dataclasses
import json
import time
from typing import Any, Final
from urllib import parse

import hypothesis
from hypothesis import strategies as st
from neutron_lib import context as n_context
import pytest
import webob
import webob.exc

from tests.unit.hostile import inputs
from tests.unit.local import documents
from tests.unit.local import stepped
from tests.unit.local import stepped_documents
from tests.unit.local.stepped_documents import Story
from tests.unit.local.stepped_ground import Ground
from tricircle.db.local.models import State
from tricircle.replica import kinds
from tricircle.replica.document import Document

EXAMPLES = 120
#: Seconds that no request takes, however busy the machine is.
DEADLINE = 20.0

_STORIES = [
    story
    for stories in stepped_documents.STORIES.values()
    for story in stories.values()
]
_TYPES = sorted(stepped_documents.STORIES)


#: What is said of something that is here, but for a part that was refused.
_BUT_FOR_A_PART: Final = ' is here but for '


class Region:
    """RegionOne with what is another project's, and raw requests."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.region = ground.region
        self.secrets = self._plant()

    def _plant(self) -> set[str]:
        """Have what is another project's; return its IDs."""
        project = 'fedcba9876543210fedcba9876543210'
        made = self.region.plugin.create_network(
            n_context.get_admin_context(),
            {
                'network': {
                    'tenant_id': project,
                    'name': 'secret',
                    'admin_state_up': True,
                    'router:external': False,
                    'shared': False,
                }
            },
        )
        return {project, made['id']}

    def send(
        self, method: str, path: str, body: bytes | None = None
    ) -> webob.Response:
        """Send bytes as central; check that the answer can be read.

        :param path: as WSGI has it: bytes as Latin-1, with the query
        """
        request = webob.Request.blank('/', method=method)
        request.environ['PATH_INFO'], _, query = path.partition('?')
        request.environ['QUERY_STRING'] = query
        request.content_type = 'application/json'
        if body is not None:
            request.body = body
        request.environ['neutron.context'] = n_context.Context(
            user_id='u', project_id='service', roles=['admin', 'service']
        )
        began = time.monotonic()
        try:
            answer = request.get_response(self.region._api)
        except webob.exc.HTTPException as exc:
            # Of what is no path of ours; a server answers that.
            answer = webob.Request.blank('/').get_response(exc)
        assert time.monotonic() - began < DEADLINE, (method, path)
        self.check(answer, method, path, body)
        return answer

    def check(
        self,
        answer: webob.Response,
        method: str,
        path: str,
        body: bytes | None,
    ) -> None:
        if answer.status_int >= 500:
            assert method == 'PUT', (path, answer.text)
            error = answer.json_body['NeutronError']
            assert error['type'] == 'ReplicaFailed', (path, body, error)
            assert error['message'], path
        text = answer.text
        asked = path + (body or b'').decode(errors='replace')
        for secret in self.secrets:
            assert secret not in text or secret in asked, text
        if answer.status_int >= 400 and text:
            assert '://' not in text or '://' in asked, text
            assert len(text) < 2000, text

    def put(self, document: Mapping[str, Any]) -> webob.Response:
        return self.send(
            'PUT',
            f'/replicas/{document["type"]}/{document["id"]}',
            json.dumps({'replica': document}).encode(),
        )

    def forget(self, document: Document) -> None:
        """Have central take it away, whatever is here of it."""
        later = documents.later(document, {}).generation
        answer = self.send(
            'DELETE',
            f'/replicas/{document.type}/{document.id}'
            f'?epoch={later.epoch}&counter={later.counter}',
        )
        assert answer.status_int in (204, 404), answer.text


@pytest.fixture(scope='module')
def region() -> Iterator[Region]:
    with stepped.running() as running:
        yield Region(Ground(running))


def _spots(
    value: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Return where something in a body can be something else."""
    if path:
        yield path
    if isinstance(value, Mapping):
        # A project that is new has a default group from then on.
        for key in sorted(set(value) - {'project_id'}):
            yield from _spots(value[key], (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _spots(one, (*path, number))


@dataclasses.dataclass(frozen=True)
class Change:
    """What is done at one spot.

    :ivar spot: which of all spots, modulo their number
    :ivar how: 'put' a value there, 'drop' it, or have it 'twice' in its list
    """

    spot: int
    how: str
    value: Any


def _changed(body: Mapping[str, Any], change: Change) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(dict(body))
    spots = list(_spots(found))
    *way, last = spots[change.spot % len(spots)]
    here: Any = found
    for step in way:
        here = here[step]
    if change.how == 'drop':
        del here[last]
    elif change.how == 'twice' and isinstance(here, list):
        here.append(here[last])
    else:
        here[last] = change.value
    return found


_changes = st.builds(
    Change,
    spot=st.integers(0, 999),
    how=st.sampled_from(['put', 'put', 'put', 'drop', 'twice']),
    value=st.one_of(
        inputs.values,
        st.sampled_from(
            [
                documents.new_id(),
                '10.0.0.1',
                '10.0.0.0/24',
                '2001:db8::1',
                '255.255.255.255/0',
                'fa:16:3e:00:00:00',
                'network:dhcp',
                0,
                -1,
                65536,
            ]
        ),
    ),
)


@hypothesis.settings(max_examples=EXAMPLES)
@hypothesis.given(
    story=st.sampled_from(_STORIES),
    changes=st.lists(_changes, min_size=1, max_size=2),
)
def test_no_document_of_any_kind_is_too_much(
    region: Region, story: Story, changes: list[Change]
) -> None:
    document = story.first(region.ground)
    body: dict[str, Any] = dict(document.body)
    for one in changes:
        body = _changed(body, one)
    before = region.region.counts()

    answer = region.put({**document.to_dict(), 'body': body})

    if answer.status_int < 300:
        region.send('GET', f'/replicas/{document.type}/{document.id}')
    elif answer.status_int == 400 and region.region.counts() != before:
        assert _BUT_FOR_A_PART in answer.text
    region.forget(document)
    assert region.region.counts() == before, answer.text


@hypothesis.settings(max_examples=EXAMPLES)
@hypothesis.given(
    kind=st.one_of(st.sampled_from(_TYPES).map(str.encode), inputs.segments),
    parts=st.lists(inputs.segments, max_size=2),
    query=st.dictionaries(
        st.one_of(
            st.sampled_from(
                [b'limit', b'marker', b'epoch', b'counter', b'release']
            ),
            inputs.segments,
        ),
        st.one_of(
            inputs.segments, st.sampled_from([b'true', b'1', b'9' * 30])
        ),
        max_size=3,
    ),
    method=st.sampled_from(['GET', 'PUT', 'DELETE', 'POST', 'PATCH']),
    body=st.one_of(
        st.none(), st.sampled_from([one for one, _ in inputs.BODIES.values()])
    ),
)
def test_no_path_and_no_query_is_too_much(
    region: Region,
    kind: bytes,
    parts: list[bytes],
    query: dict[bytes, bytes],
    method: str,
    body: bytes | None,
) -> None:
    path = inputs.path_info(b'replicas', kind, *parts)
    before = region.region.counts()

    region.send(method, f'{path}?{parse.urlencode(query)}', body)

    assert region.region.counts() == before


@hypothesis.settings(max_examples=20)
@hypothesis.given(
    story=st.sampled_from(_STORIES),
    query=st.dictionaries(
        st.sampled_from(['epoch', 'counter', 'release', 'x']),
        st.sampled_from(['0', '1', 'true', '', 'x', '-1', '9' * 30, '2']),
        max_size=3,
    ),
)
def test_no_removal_is_too_much(
    region: Region, story: Story, query: dict[str, str]
) -> None:
    """Of what is here: it goes, or stays as it was."""
    before = region.region.counts()
    document = story.first(region.ground)
    region.region.apply(document)
    there = region.region.counts()

    answer = region.send(
        'DELETE',
        f'/replicas/{document.type}/{document.id}?{parse.urlencode(query)}',
    )

    if answer.status_int == 204:
        row = region.region.row(document.type, document.id)
        assert row.state == State.DELETED
    else:
        assert region.region.counts() == there
    region.forget(document)
    assert region.region.counts() == before


def test_every_kind_is_sent() -> None:
    assert set(_TYPES) == set(kinds.BY_TYPE)
