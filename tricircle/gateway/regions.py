# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The APIs of the regions: where they are, whether they answer."""

from collections.abc import Callable, Iterable
from concurrent import futures
import dataclasses
import functools
import threading
import time
from typing import Any, Final, TypeVar
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg
from oslo_db import exception as db_exc
import requests

from tricircle.client import auth
from tricircle.client import back_off
from tricircle.client import breaker
from tricircle.client import tls
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import pods
from tricircle.gateway.api import microversions

_K = TypeVar('_K')
_T = TypeVar('_T')

#: Answers in a row that did not come, after which a region counts as away.
_FAILURES: Final = 3
#: Seconds for which pods, versions and endpoints are not looked up again.
_KEPT: Final = 10.0
_VERSIONS_KEPT: Final = 60.0
_ROOTS_KEPT: Final = 60.0
_THREADS: Final = 64
#: Why a region is away that has not answered several times in a row.
SILENT: Final = 'does not answer'
#: Seconds to wait for a connection: a region that is there accepts at once.
_CONNECT: Final = 3.0
#: Until the next look at a region that is away, at first and at most.
_pause = functools.partial(back_off.seconds, first=1.0, longest=15.0)


class RegionAway(Exception):
    """A region does not answer; the text names it and says why.

    :ivar may_be_done: whether it may have done what it was asked for
    """

    def __init__(
        self, region_name: str, reason: str, may_be_done: bool = False
    ) -> None:
        super().__init__(f'{region_name} does not answer: {reason}')
        self.region_name = region_name
        self.reason = reason
        self.may_be_done = may_be_done

    def before(self) -> 'RegionAway':
        """Return the same of a region that has not been asked to act yet."""
        return RegionAway(self.region_name, self.reason)


class NotThere(RegionAway):
    """A region has no such service: whatever is of it is elsewhere."""


class Regions:
    """The APIs of one service in all regions; safe to use from all threads.

    :param service: type of the service in the catalogue
    :param version: first part of the paths of its API, such as ``v2.1``
    """

    def __init__(
        self, conf: cfg.ConfigOpts, service: str, version: str
    ) -> None:
        self._conf = conf
        self._service = service
        self._version = version
        self._lock = threading.Lock()
        self._breakers: dict[str, breaker.Breaker] = {}
        self._pods: tuple[float, list[placing.Pod]] = (0.0, [])
        self._roots: dict[str, tuple[float, str]] = {}
        self._ranges: dict[str, tuple[float, microversions.Range]] = {}
        self._threads = futures.ThreadPoolExecutor(
            _THREADS, thread_name_prefix='region'
        )

    def pods(self) -> list[placing.Pod]:
        """Return the regions that serve, or are away for a while."""
        until, found = self._pods
        if time.monotonic() >= until:
            try:
                found = pods.read()
            except db_exc.DBError:
                # What was there serves until the database is back.
                if not found:
                    raise
            self._pods = (time.monotonic() + _KEPT, found)
        return [
            dataclasses.replace(pod, away=SILENT)
            if not pod.away and self._breaker(pod.region_name).is_open
            else pod
            for pod in found
        ]

    def zone(self, region_name: str) -> str:
        """Return the availability zone of a region; '' of none."""
        return next(
            (
                pod.az_name
                for pod in self.pods()
                if pod.region_name == region_name
            ),
            '',
        )

    def names(self) -> list[str]:
        """Return the names of the regions."""
        return sorted(pod.region_name for pod in self.pods())

    def expected(self) -> list[str]:
        """Return the names of those that serve, or will when they answer.

        Not of those that leave, are lost, or do not have the service.
        """
        self.pods()
        return sorted(
            pod.region_name
            for pod in self._pods[1]
            if not pod.away and self._has_service(pod.region_name)
        )

    def _has_service(self, region_name: str) -> bool:
        try:
            self.root(region_name)
        except NotThere:
            return False
        except RegionAway:
            # Keystone does not say.
            return True
        return True

    def own_headers(self) -> dict[str, str]:
        """Return the headers of what is asked for nobody's request.

        :raises RegionAway: Keystone gives no token
        """
        return {'Accept': 'application/json', 'X-Auth-Token': self._token()}

    def root(self, region_name: str) -> str:
        """Return the URL of a region's API, without its version.

        :raises RegionAway: the catalogue has none, or is not there
        """
        until, known = self._roots.get(region_name, (0.0, ''))
        if time.monotonic() < until:
            return known
        found = self._find_root(region_name)
        self._roots[region_name] = (time.monotonic() + _ROOTS_KEPT, found)
        return found

    def _find_root(self, region_name: str) -> str:
        try:
            url = auth.service_session(self._conf).get_endpoint(
                service_type=self._service,
                interface=self._conf.client.endpoint_interface,
                region_name=region_name,
            )
        except ksa_exc.ClientException as exc:
            raise RegionAway(
                region_name, f'Keystone gives no catalogue ({exc})'
            ) from exc
        if not url:
            raise NotThere(
                region_name, f'the catalogue has no {self._service} there'
            )
        parts = parse.urlsplit(str(url))
        path = parts.path.partition(f'/{self._version}')[0].rstrip('/')
        return f'{parts.scheme}://{parts.netloc}{path}'

    def ask(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one region.

        :param timeout: seconds, None for ``[gateway] region_timeout``
        :raises RegionAway: it does not answer
        """
        guard = self._breaker(region_name)
        reason = guard.refusal()
        if reason is not None:
            raise RegionAway(region_name, reason or 'as a moment ago')
        try:
            found = self._send(
                self.root(region_name),
                question,
                timeout or self._conf.gateway.region_timeout,
            )
        except NotThere:
            raise
        except RegionAway as exc:
            guard.failed(str(exc))
            raise
        except requests.RequestException as exc:
            distrusted = tls.distrust(exc)
            reason = (
                f'its certificate is not trusted ({distrusted})'
                if distrusted
                else type(exc).__name__
            )
            guard.failed(reason)
            raise RegionAway(
                region_name,
                reason,
                may_be_done=not (
                    distrusted
                    or isinstance(exc, requests.ConnectTimeout)
                    or _is_refused(exc)
                ),
            ) from exc
        guard.answered()
        return found

    def ask_as_it_is(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one region, by its own IDs.

        :raises RegionAway: it does not answer
        """
        return self.ask(region_name, question, timeout)

    def ids_changed(self) -> None:
        """Take IDs as they are: they are the same in all regions."""

    def _send(
        self, root: str, question: exchange.Question, timeout: float
    ) -> exchange.Answer:
        query = f'?{question.query}' if question.query else ''
        transport = auth.service_session(self._conf).session
        response = transport.request(
            question.method,
            f'{root}/{self._version}{question.path}{query}',
            headers=dict(question.headers),
            data=question.body or None,
            timeout=(min(_CONNECT, timeout), timeout),
            allow_redirects=False,
            verify=tls.verify(self._conf),
            cert=tls.certificate(self._conf),
        )
        return exchange.Answer(
            response.status_code,
            exchange.passed_back(response.headers),
            response.content,
        )

    def ask_all(
        self,
        question: exchange.Question,
        timeout: float,
        regions: Iterable[str] | None = None,
    ) -> tuple[dict[str, exchange.Answer], dict[str, RegionAway]]:
        """Ask regions at once.

        :param regions: None for all of them
        :returns: what they answered, and why others did not
        """
        return self.at_once(
            lambda region: self.ask(region, question, timeout),
            self.names() if regions is None else regions,
        )

    def at_once(
        self,
        act: Callable[[_K], _T],
        regions: Iterable[_K],
    ) -> tuple[dict[_K, _T], dict[_K, RegionAway]]:
        """Do something for several regions at once.

        :param regions: their names, or whatever stands for one of them

        Those that do not have the service are in neither.
        """
        running = {
            region: self._threads.submit(act, region) for region in regions
        }
        answers, away = {}, {}
        for region, future in running.items():
            try:
                answers[region] = future.result()
            except NotThere:
                continue
            except RegionAway as exc:
                away[region] = exc
        return answers, away

    def range(self) -> microversions.Range | None:
        """Return the versions that all regions have, as far as they answer.

        :returns: None when none answers, or they have nothing in common
        """
        now = time.monotonic()
        missing = [
            region
            for region in self.names()
            if self._ranges.get(region, (0.0, None))[0] < now
        ]
        for region, future in [
            (region, self._threads.submit(self._look_at_versions, region))
            for region in missing
        ]:
            try:
                self._ranges[region] = (now + _VERSIONS_KEPT, future.result())
            except RegionAway:
                # What it had before is what it will have when it is back.
                continue
        names = self.names()
        return microversions.in_all(
            found
            for region, (_until, found) in self._ranges.items()
            if region in names
        )

    def look(self, region_name: str) -> bool:
        """Tell whether a region answers that did not, if it is time to ask.

        Nobody else may ask it for long: what is placed goes past it.
        """
        try:
            self._look_at_versions(region_name)
        except RegionAway:
            return False
        return True

    def _look_at_versions(self, region_name: str) -> microversions.Range:
        answer = self.ask(
            region_name,
            exchange.Question(
                'GET', '/', headers={'X-Auth-Token': self._token()}
            ),
            self._conf.gateway.search_timeout,
        )
        try:
            said = self._of_version(answer.json)
            return microversions.Range(
                microversions.Version.parse(said['min_version']),
                microversions.Version.parse(said['version']),
            )
        except (KeyError, StopIteration, TypeError, ValueError) as exc:
            raise RegionAway(
                region_name, 'it does not say what versions it has'
            ) from exc

    def _of_version(self, document: Any) -> Any:
        """Return what a document says of our version: Cinder's has a list."""
        if 'version' in document:
            return document['version']
        return next(
            one
            for one in document['versions']
            if str(one['id']).startswith(self._version)
        )

    def _token(self) -> str:
        try:
            return str(auth.service_session(self._conf).get_token())
        except ksa_exc.ClientException as exc:
            raise RegionAway('Keystone', str(exc)) from exc

    def _breaker(self, region_name: str) -> breaker.Breaker:
        with self._lock:
            return self._breakers.setdefault(
                region_name, breaker.Breaker(_FAILURES, _pause)
            )


def _is_refused(exc: requests.RequestException) -> bool:
    """Tell whether there was no connection, so that nothing was done."""
    return isinstance(exc, requests.ConnectionError) and (
        'NewConnectionError' in repr(exc)
    )
