# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Answers that are lists, or what lists are counted for."""

import collections
from typing import Any, Final

from osc_lib import exceptions

from tricircle.cli import deadlines
from tricircle.cli import services
from tricircle.cli.gathering import questions

#: Of a list of jobs, at either end.
MOST_JOBS: Final = 200
#: Things that are counted; there may be more.
MOST_COUNTED: Final = 50_000
_PAGE: Final = 500
_DONE: Final = 'done'


def get(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Return what a service shows."""
    answer = service.get(question.path, question.query)
    if answer is None:
        raise exceptions.CommandError(f'There is nothing at {question.path}.')
    notes = (
        ('the first page only',)
        if any(
            one.get('rel') == 'next'
            for one in answer.get(f'{question.key}_links', ())
        )
        else ()
    )
    return questions.Answer(
        answer[question.key] if question.key else answer, notes
    )


def jobs(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Find jobs; of many the newest and the oldest."""

    def end(direction: str) -> tuple[list[dict[str, Any]], bool]:
        answer = service.get(
            question.path,
            (
                *question.query,
                ('sort_key', 'wanted_at'),
                ('sort_dir', direction),
                ('limit', str(MOST_JOBS)),
            ),
        )
        if answer is None:
            raise exceptions.CommandError('This Admin API shows no jobs.')
        return answer['jobs'], bool(answer.get('jobs_links'))

    newest, more = end('desc')
    if not more:
        return questions.Answer(newest)
    oldest, _ = end('asc')
    known = {one['id'] for one in newest}
    rest = [one for one in reversed(oldest) if one['id'] not in known]
    if len(rest) < len(oldest):
        return questions.Answer(newest + rest)
    return questions.Answer(
        newest + rest,
        (
            f'cut: the {len(newest)} newest and the {len(oldest)} oldest, '
            'there are more',
        ),
    )


def routings(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Count what is in which region, by type."""
    names = {
        one['pod_id']: one['region_name']
        for page in service.pages('/pods')
        for one in page
    }
    found: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    total = 0
    for page in service.pages(question.path, (('limit', str(_PAGE)),)):
        for one in page:
            pod = one['pod_id']
            found[names.get(pod, pod)][one['resource_type']] += 1
        total += len(page)
        if total >= MOST_COUNTED:
            return questions.Answer(
                found, (f'cut: after {total}, there are more',)
            )
    return questions.Answer(found)


def adoptions(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Count adoptions by region and state; show those that are not done."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    undone: list[dict[str, Any]] = []
    for page in service.pages(question.path, (('limit', str(_PAGE)),)):
        for one in page:
            counts[one['region_name']][one['state']] += 1
            if one['state'] != _DONE:
                undone.append(one)
    return questions.Answer(
        {'counts': counts, 'undone': undone[:MOST_JOBS]},
        (f'cut: {MOST_JOBS} of {len(undone)} that are not done',)
        if len(undone) > MOST_JOBS
        else (),
    )


def count(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Return how many there are of each."""
    found: dict[str, int | None] = {}
    notes: list[str] = []
    for name in question.names:
        try:
            seen, cut = _ids(service, f'/{name}')
        except deadlines.Late:
            if not found:
                raise
            found[name] = None
            notes.append(f'cut: {name} not counted in time')
            continue
        found[name] = len(seen)
        if cut:
            notes.append(f'cut: {name} after {len(seen)}, there are more')
    return questions.Answer(found, tuple(notes))


def own(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Count a region's networks: all, and those of them that are central's."""
    seen, cut = _ids(service, '/networks')
    notes = [f'cut: after {len(seen)}, there are more'] if cut else []
    central: int | None = None
    own: int | None = None
    path = '/replicas/network'
    try:
        # A region that is yet to get Tricircle has none.
        if service.get(path, (('limit', '1'),)) is None:
            notes.append('Tricircle is not there: the region has no replicas')
        else:
            theirs, cut_too = _ids(service, path)
            central = len(theirs)
            if cut_too:
                notes.append(f'cut: replicas after {central}')
            elif not cut:
                own = len(seen - theirs)
    except deadlines.Late:
        notes.append('cut: replicas not counted in time')
    return questions.Answer(
        {'networks': len(seen), 'central': central, 'own': own}, tuple(notes)
    )


def replica(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Return what a region has of a resource, None for nothing."""
    answer = service.get(question.path)
    if answer is None:
        return questions.Answer(None, ('the region does not have it',))
    return questions.Answer(answer[question.key])


def _ids(service: services.Service, path: str) -> tuple[set[str], bool]:
    """Return the IDs of a list, and whether there are more.

    There are when they are many, or take longer than there is time.

    :raises Late: when there is no time for any
    """
    found: set[str] = set()
    query = [('limit', str(_PAGE))]
    if not path.startswith('/replicas'):
        query.append(('fields', 'id'))
    try:
        for page in service.pages(path, query):
            found |= {one['id'] for one in page}
            if len(found) >= MOST_COUNTED:
                return found, True
    except deadlines.Late:
        if not found:
            raise
        return found, True
    return found, False
