# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What there is to ask: the plan of an archive."""

from collections.abc import Iterable, Iterator, Sequence
import dataclasses
import enum
import re
from typing import Any, Final
from urllib import parse

from tricircle.cli import client
from tricircle.cli.services import ADMIN
from tricircle.cli.services import COMPUTE
from tricircle.cli.services import NETWORK

#: Whose answers are of no region.
CLIENT: Final = 'client'
ADMIN_API: Final = 'Admin API'
#: Jobs that are not done, by their status.
_UNDONE: Final = ('fail', 'new', 'running', 'ended')
#: Of central's Neutron only how many there are.
_COUNTED: Final = (
    'networks',
    'subnets',
    'ports',
    'routers',
    'security-groups',
)
_UNITS: Final = {'': 1, 's': 1, 'm': 60, 'h': 3600, 'd': 86400}


class How(enum.Enum):
    """Ways to come by an answer."""

    PACKAGES = enum.auto()
    ENDPOINTS = enum.auto()
    VERSION = enum.auto()
    CERTIFICATE = enum.auto()
    GET = enum.auto()
    JOBS = enum.auto()
    ROUTINGS = enum.auto()
    ADOPTIONS = enum.auto()
    COUNT = enum.auto()
    OWN = enum.auto()
    REPLICA = enum.auto()


@dataclasses.dataclass(frozen=True)
class Question:
    """One thing to ask, and where the answer goes.

    :ivar file: in the archive
    :ivar of: whom; nobody is asked two things at once
    :ivar service: type of the service
    :ivar region: the service's
    :ivar path: below the version of the service's API
    :ivar key: of what is wanted in the answer, '' for all of it
    :ivar names: of what is counted, or of regions
    """

    file: str
    of: str
    how: How
    service: str = ''
    region: str = ''
    path: str = ''
    query: tuple[tuple[str, str], ...] = ()
    key: str = ''
    names: tuple[str, ...] = ()

    def asked(self) -> str:
        """Return the question in words."""
        if self.how is How.PACKAGES:
            return 'versions of installed packages'
        if self.how is How.ENDPOINTS:
            return f'catalogue: {self.service}'
        where = f'{self.service} in {self.region}'
        if self.how is How.CERTIFICATE:
            return f'TLS certificate of {where}'
        if self.how is How.VERSION:
            return f'versions of {where}'
        if self.how in (How.COUNT, How.OWN):
            return f'number of {", ".join(self.names)} of {where}'
        query = f'?{parse.urlencode(self.query)}' if self.query else ''
        return f'GET {self.path}{query} of {where}'


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was found.

    :ivar value: what JSON can hold
    :ivar notes: what it lacks, or why it is empty
    """

    value: Any
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Resource:
    """A resource of central that the operator names.

    :ivar collection: its collection in Neutron's API
    """

    type: str
    id: str
    collection: str


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the archive is to have.

    :ivar central: name of the region of central Neutron
    :ivar regions: names of the others
    :ivar only: of what regions jobs are wanted, none for all
    :ivar gone: ID and region of each pod that is not active
    :ivar since: most seconds for which a region has lacked a job's change
    """

    central: str
    regions: tuple[str, ...]
    only: tuple[str, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    resources: tuple[Resource, ...] = ()
    since: int | None = None


def seconds(text: str) -> int:
    """Return how long a text says, such as 90, 30m, 2h or 3d.

    :raises ValueError: when it says nothing of the kind
    """
    found = re.fullmatch(r'(\d{1,9})([smhd]?)', text.strip().lower())
    if found is None:
        raise ValueError(f'{text} is no time: say 90, 30m, 2h or 3d')
    return int(found[1]) * _UNITS[found[2]]


def part(name: str) -> str:
    """Return a name as one part of a path in the archive."""
    quoted = parse.quote(name, safe='')
    return quoted.replace('.', '%2E') if not quoted.strip('.') else quoted


def pods(central: str) -> Question:
    """Return the question on which the others depend: which regions."""
    return Question(
        'admin-api/pods.json',
        ADMIN_API,
        How.GET,
        ADMIN,
        central,
        '/pods',
        key='pods',
    )


def others(wanted: Wanted) -> tuple[Question, ...]:
    """Return all questions but :func:`pods`."""
    found = [
        Question('client.json', CLIENT, How.PACKAGES),
        Question(
            'endpoints.json',
            CLIENT,
            How.ENDPOINTS,
            ', '.join((NETWORK, ADMIN, COMPUTE)),
            names=(wanted.central, *wanted.regions),
        ),
        *_admin_api(wanted),
        *_neutron('central', wanted.central),
        Question(
            'central/counts.json',
            wanted.central,
            How.COUNT,
            NETWORK,
            wanted.central,
            names=_COUNTED,
        ),
    ]
    for name in wanted.regions:
        found += _region(name)
    for resource in wanted.resources:
        found += _resource(resource, wanted)
    return tuple(found)


def _reached(
    folder: str, name: str, of: str, service: str, region: str
) -> Iterator[Question]:
    """Yield what is asked of each endpoint."""
    # By itself: the other fails when it has run out.
    yield Question(
        f'{folder}/{name}-certificate.json',
        of,
        How.CERTIFICATE,
        service,
        region,
    )
    yield Question(
        f'{folder}/{name}-versions.json', of, How.VERSION, service, region
    )


def _admin_api(wanted: Wanted) -> Iterator[Question]:
    folder = 'admin-api'
    yield from _reached(folder, 'api', ADMIN_API, ADMIN, wanted.central)

    def get(
        file: str, how: How, path: str, key: str, **query: Any
    ) -> Question:
        return Question(
            f'{folder}/{file}.json',
            ADMIN_API,
            how,
            ADMIN,
            wanted.central,
            path,
            tuple(
                (name, str(value))
                for name, value in query.items()
                if value is not None
            ),
            key,
        )

    yield get('statuses', How.GET, '/statuses', 'statuses')
    yield get('releases', How.GET, '/releases', 'releases')
    for region in wanted.only or ('',):
        for status in _UNDONE:
            yield get(
                f'jobs-{status}' + (f'-{part(region)}' if region else ''),
                How.JOBS,
                '/jobs/detail',
                'jobs',
                status=status,
                region_name=region or None,
                max_age=wanted.since,
            )
    yield get('routings', How.ROUTINGS, '/routings', 'routings')
    yield get('adoptions', How.ADOPTIONS, '/adoptions', 'adoptions')
    for pod_id, region in wanted.gone:
        yield get(
            f'departure-{part(region)}',
            How.GET,
            f'/pods/{parse.quote(pod_id, safe="")}/departure',
            'departure',
        )


def _neutron(folder: str, region: str) -> Iterator[Question]:
    yield from _reached(folder, NETWORK, region, NETWORK, region)
    for name in ('extensions', 'agents'):
        yield Question(
            f'{folder}/{name}.json',
            region,
            How.GET,
            NETWORK,
            region,
            f'/{name}',
            key=name,
        )


def _region(name: str) -> Iterator[Question]:
    folder = f'regions/{part(name)}'
    yield from _neutron(folder, name)
    yield Question(
        f'{folder}/networks.json',
        name,
        How.OWN,
        NETWORK,
        name,
        names=('networks', 'replicas'),
    )
    yield from _reached(folder, COMPUTE, name, COMPUTE, name)


def _resource(resource: Resource, wanted: Wanted) -> Iterator[Question]:
    folder = f'resources/{part(resource.type)}-{part(resource.id)}'
    resource_id = parse.quote(resource.id, safe='')
    path = f'/{resource.collection}/{resource_id}'

    def central(file: str, below: str, key: str) -> Question:
        return Question(
            f'{folder}/{file}.json',
            wanted.central,
            How.GET,
            NETWORK,
            wanted.central,
            path + below,
            key=key,
        )

    yield central('central', '', '')
    yield central('replicas', '/replicas', 'replicas')
    yield Question(
        f'{folder}/jobs.json',
        ADMIN_API,
        How.JOBS,
        ADMIN,
        wanted.central,
        '/jobs/detail',
        (('resource_id', resource.id),),
        'jobs',
    )
    for region in wanted.regions:
        # Not as a user sees it: a region has what it is asked for by ID.
        yield Question(
            f'{folder}/regions/{part(region)}.json',
            region,
            How.REPLICA,
            NETWORK,
            region,
            f'/replicas/{resource.type}/{resource_id}',
            key='replica',
        )


def lanes(questions: Iterable[Question]) -> list[list[Question]]:
    """Return questions by whom they are of, in their order."""
    found: dict[str, list[Question]] = {}
    for one in questions:
        found.setdefault(one.of, []).append(one)
    return list(found.values())


def central_of(pods: Sequence[dict[str, Any]], named: str | None) -> str:
    """Return the region of central Neutron, '' when nobody says."""
    return named or client.central_of(pods)
