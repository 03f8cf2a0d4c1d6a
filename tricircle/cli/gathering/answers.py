# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How each question is answered."""

import collections
from collections.abc import Callable, Mapping
import dataclasses
from email import utils as email_utils
from importlib import metadata
import platform
import time
from typing import Any, Final

from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli.gathering import certificates
from tricircle.cli.gathering import deadlines
from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction
from tricircle.cli.gathering import services as reads

#: Of a list of jobs, at either end.
MOST_JOBS: Final = 200
#: Things that are counted; there may be more.
MOST_COUNTED: Final = 50_000
_PAGE: Final = 500
_PACKAGES: Final = (
    'cliff',
    'cryptography',
    'keystoneauth1',
    'openstacksdk',
    'osc-lib',
    'oslo.utils',
    'python-openstackclient',
    'requests',
    'tricircle',
    'urllib3',
)
_DONE: Final = 'done'


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was found.

    :ivar value: what JSON can hold
    :ivar notes: what it lacks
    """

    value: Any
    notes: tuple[str, ...] = ()


_How = Callable[
    [reads.Services, questions.Question, deadlines.Deadline], Answer
]


def find(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Answer a question.

    :raises Exception: whatever goes wrong
    """
    return _BY_HOW[question.how](services, question, deadline)


def _packages(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    found: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return Answer({'python': platform.python_version(), 'packages': found})


def _endpoints(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    def url(service: str, region: str) -> str | None:
        try:
            return redaction.address(services.url(service, region))
        except reads.NoEndpoint:
            return None

    central, *others = question.names
    found = {
        region: {
            service: url(service, region)
            for service in (questions.NETWORK, questions.COMPUTE)
        }
        for region in (central, *others)
    }
    try:
        found[central][questions.ADMIN] = redaction.address(
            services.url(questions.ADMIN, central)
        )
    except exceptions.CommandError:
        found[central][questions.ADMIN] = None
    return Answer(found)


def _versions(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Find the versions of a service, and how far its clock is off."""
    url = _url(services, question)
    if url is None:
        return Answer(None, ('no such service in the catalogue',))
    url = redaction.root(url)
    began = time.time()
    response = services.fetch(url, deadline)
    ended = time.time()
    if response.status_code >= 400:
        raise exceptions.CommandError(client.message(response))
    ahead = _ahead(response.headers.get('Date'), (began + ended) / 2)
    return Answer(
        {
            'url': redaction.address(url),
            'status': response.status_code,
            'server': response.headers.get('Server'),
            'document': response.json(),
            'seconds': round(ended - began, 3),
            # A second is the least that the header tells.
            'clock_ahead_seconds': ahead,
        },
        () if ahead is not None else ('no time in the answer',),
    )


def _ahead(date: str | None, now: float) -> float | None:
    """Return by how many seconds another clock is ahead, None if unknown."""
    try:
        there = email_utils.parsedate_to_datetime(date or '')
    except ValueError:
        return None
    # It was cut to whole seconds.
    return round(there.timestamp() + 0.5 - now, 1)


def _certificate(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    url = _url(services, question)
    if url is None:
        return Answer(None, ('no such service in the catalogue',))
    found = certificates.look(
        redaction.address(url), services.verify, deadline
    )
    if found is None:
        return Answer(None, ('the endpoint is without TLS',))
    invalid = found['invalid']
    return Answer(found, (f'not trusted: {invalid}',) if invalid else ())


def _url(services: reads.Services, question: questions.Question) -> str | None:
    """Return an endpoint, None for one that a region need not have."""
    try:
        return services.url(question.service, question.region)
    except reads.NoEndpoint:
        if question.service == questions.COMPUTE:
            return None
        raise


def _get(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    answer = services.get(question, deadline, question.path, question.query)
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
    return Answer(answer[question.key] if question.key else answer, notes)


def _jobs(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Find jobs; of many the newest and the oldest."""

    def end(direction: str) -> tuple[list[dict[str, Any]], bool]:
        answer = services.get(
            question,
            deadline,
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
        return Answer(newest)
    oldest, _ = end('asc')
    known = {one['id'] for one in newest}
    rest = [one for one in reversed(oldest) if one['id'] not in known]
    if len(rest) < len(oldest):
        return Answer(newest + rest)
    return Answer(
        newest + rest,
        (
            f'cut: the {len(newest)} newest and the {len(oldest)} oldest, '
            'there are more',
        ),
    )


def _routings(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Count what is in which region, by type."""
    names = {
        one['pod_id']: one['region_name']
        for page in services.pages(question, deadline, '/pods')
        for one in page
    }
    found: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    total = 0
    for page in services.pages(
        question, deadline, question.path, (('limit', str(_PAGE)),)
    ):
        for one in page:
            pod = one['pod_id']
            found[names.get(pod, pod)][one['resource_type']] += 1
        total += len(page)
        if total >= MOST_COUNTED:
            return Answer(found, (f'cut: after {total}, there are more',))
    return Answer(found)


def _adoptions(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Count adoptions by region and state; show those that are not done."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    undone: list[dict[str, Any]] = []
    for page in services.pages(
        question, deadline, question.path, (('limit', str(_PAGE)),)
    ):
        for one in page:
            counts[one['region_name']][one['state']] += 1
            if one['state'] != _DONE:
                undone.append(one)
    return Answer(
        {'counts': counts, 'undone': undone[:MOST_JOBS]},
        (f'cut: {MOST_JOBS} of {len(undone)} that are not done',)
        if len(undone) > MOST_JOBS
        else (),
    )


def _count(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    found: dict[str, int] = {}
    notes: list[str] = []
    for name in question.names:
        seen, cut = _ids(services, question, deadline, f'/{name}')
        found[name] = len(seen)
        if cut:
            notes.append(f'cut: {name} after {len(seen)}, there are more')
    return Answer(found, tuple(notes))


def _own(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    """Count a region's networks: all, and those of them that are central's."""
    seen, cut = _ids(services, question, deadline, '/networks')
    notes = [f'cut: after {len(seen)}, there are more'] if cut else []
    central: set[str] | None = None
    path = '/replicas/network'
    # A region that is yet to get Tricircle has none.
    if services.get(question, deadline, path, (('limit', '1'),)) is None:
        notes.append('the region knows no replicas: Tricircle is not there')
    else:
        central, cut_too = _ids(services, question, deadline, path)
        if cut_too:
            notes.append(f'cut: replicas after {len(central)}')
            cut = True
    return Answer(
        {
            'networks': len(seen),
            'central': None if central is None else len(seen & central),
            'own': None if cut or central is None else len(seen - central),
        },
        tuple(notes),
    )


def _ids(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
    path: str,
) -> tuple[set[str], bool]:
    """Return the IDs of a list, and whether there are more.

    There are when they are many, or take longer than there is time.
    """
    found: set[str] = set()
    query = [('limit', str(_PAGE))]
    if not path.startswith('/replicas'):
        query.append(('fields', 'id'))
    try:
        for page in services.pages(question, deadline, path, query):
            found |= {one['id'] for one in page}
            if len(found) >= MOST_COUNTED:
                return found, True
    except deadlines.Late:
        if not found:
            raise
        return found, True
    return found, False


def _replica(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> Answer:
    answer = services.get(question, deadline, question.path)
    if answer is None:
        return Answer(None, ('the region does not have it',))
    return Answer(answer[question.key])


_BY_HOW: Final[Mapping[questions.How, _How]] = {
    questions.How.PACKAGES: _packages,
    questions.How.ENDPOINTS: _endpoints,
    questions.How.VERSION: _versions,
    questions.How.CERTIFICATE: _certificate,
    questions.How.GET: _get,
    questions.How.JOBS: _jobs,
    questions.How.ROUTINGS: _routings,
    questions.How.ADOPTIONS: _adoptions,
    questions.How.COUNT: _count,
    questions.How.OWN: _own,
    questions.How.REPLICA: _replica,
}
