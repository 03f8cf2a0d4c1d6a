# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Answers of endpoints themselves: versions, clocks, certificates."""

import datetime
from importlib import metadata
import platform
import time
from typing import Final

from osc_lib import exceptions

from tricircle.cli import certificates
from tricircle.cli import client
from tricircle.cli import clocks
from tricircle.cli.gathering import deadlines
from tricircle.cli.gathering import manifest
from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction
from tricircle.cli.gathering import services as reads

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


def packages(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> questions.Answer:
    """Return which versions the client consists of."""
    found: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return questions.Answer(
        {'python': platform.python_version(), 'packages': found}
    )


def endpoints(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> questions.Answer:
    """Return where services are by the catalogue."""

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
    return questions.Answer(found)


def versions(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> questions.Answer:
    """Find the versions of a service, and how far its clock is off."""
    url = _url(services, question)
    if url is None:
        return questions.Answer(None, ('no such service in the catalogue',))
    url = redaction.root(url)
    began = time.time()
    response = services.fetch(url, deadline)
    ended = time.time()
    if response.status_code >= 400:
        raise exceptions.CommandError(client.message(response, None))
    ahead = clocks.ahead(response.headers.get('Date'), began, ended)
    return questions.Answer(
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


def certificate(
    services: reads.Services,
    question: questions.Question,
    deadline: deadlines.Deadline,
) -> questions.Answer:
    """Return what the certificate of an endpoint says."""
    url = _url(services, question)
    if url is None:
        return questions.Answer(None, ('no such service in the catalogue',))
    url = redaction.address(url)
    found = certificates.look(url, services.verify, deadline.left)
    if found is None:
        return questions.Answer(None, ('the endpoint is without TLS',))
    left = found.ends - datetime.datetime.now(datetime.UTC)
    return questions.Answer(
        {
            'url': url,
            'version': found.version,
            'invalid': found.invalid,
            'subject': found.subject,
            'issuer': found.issuer,
            'not_before': manifest.moment(found.begins.timestamp()),
            'not_after': manifest.moment(found.ends.timestamp()),
            'days_left': round(left.total_seconds() / 86400, 1),
        },
        (f'not trusted: {found.invalid}',) if found.invalid else (),
    )


def _url(services: reads.Services, question: questions.Question) -> str | None:
    """Return an endpoint, None for one that a region need not have."""
    try:
        return services.url(question.service, question.region)
    except reads.NoEndpoint:
        if question.service == questions.COMPUTE:
            return None
        raise
