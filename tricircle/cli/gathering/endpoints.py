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
from tricircle.cli import services
from tricircle.cli.gathering import manifest
from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction

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
    service: services.Service, question: questions.Question
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
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Return where services are by the catalogue."""

    def url(name: str, region: str) -> str | None:
        try:
            return redaction.address(service.of(name, region).url())
        except services.NoEndpoint:
            return None

    central, *others = question.names
    found = {
        region: {
            name: url(name, region)
            for name in (services.NETWORK, services.COMPUTE)
        }
        for region in (central, *others)
    }
    try:
        found[central][services.ADMIN] = redaction.address(
            service.of(services.ADMIN, central).url()
        )
    except exceptions.CommandError:
        found[central][services.ADMIN] = None
    return questions.Answer(found)


def versions(
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Find the versions of a service, and how far its clock is off."""
    url = _url(service, question)
    if url is None:
        return questions.Answer(None, ('no such service in the catalogue',))
    url = redaction.root(url)
    began = time.time()
    response = service.fetch(url)
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
    service: services.Service, question: questions.Question
) -> questions.Answer:
    """Return what the certificate of an endpoint says."""
    url = _url(service, question)
    if url is None:
        return questions.Answer(None, ('no such service in the catalogue',))
    url = redaction.address(url)
    found = certificates.look(url, service.verify, service.deadline.left)
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


def _url(
    service: services.Service, question: questions.Question
) -> str | None:
    """Return an endpoint, None for one that a region need not have."""
    try:
        return service.url()
    except services.NoEndpoint:
        if question.service == services.COMPUTE:
            return None
        raise
