# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v1.0/pods``."""

from collections.abc import Callable
import ipaddress
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exc
from sqlalchemy import orm

from tricircle.api import faults
from tricircle.api import listing
from tricircle.api import moments
from tricircle.api import transactions
from tricircle.db.central import refusals
from tricircle.db.central.models import Pod
from tricircle.db.central.pod import pods
from tricircle.replica import border

FILTERS = ('region_name', 'az_name', 'pod_az_name', 'dc_name', 'pod_id')


def run(
    function: Any, shown: Callable[[Any], dict[str, Any]], *args: Any
) -> dict[str, Any]:
    """Run something in a transaction, and return it as the API shows it.

    :param function: called with a session first
    :param shown: makes the answer of what it returns, if that is not None
    """
    try:
        return transactions.run(function, shown, *args)
    except pods.PodNotFound as exc:
        raise faults.Fault(
            404, f'Pod {border.shortened(str(exc))} could not be found'
        ) from exc
    except db_exc.DBDuplicateEntry as exc:
        raise faults.Fault(
            409, 'There is a pod for this region already'
        ) from exc
    except db_exc.DBReferenceError as exc:
        raise faults.Fault(
            409, 'The pod is in use: something is in its region'
        ) from exc


def _shown(pod: Pod) -> dict[str, Any]:
    return {
        **{field: getattr(pod, field) for field in pods.FIELDS},
        'paused_at': moments.shown(pod.paused_at),
        'pause_reason': pod.pause_reason,
    }


def answer(pod: Pod) -> dict[str, Any]:
    """Return the answer that a pod is."""
    return {'pod': _shown(pod)}


def _call(function: Any, *args: Any) -> dict[str, Any]:
    return run(function, answer, *args)


def without_identity(body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what only administrators are to see."""

    def shown(pod: dict[str, str]) -> dict[str, str]:
        return {
            field: value
            for field, value in pod.items()
            if field not in pods.HIDDEN
        }

    found = dict(body)
    if 'pod' in found:
        found['pod'] = shown(found['pod'])
    if 'pods' in found:
        found['pods'] = [shown(one) for one in found['pods']]
    return found


def index(conf: cfg.ConfigOpts, query: Any) -> dict[str, Any]:
    """List pods: filters, ``limit`` and ``marker``."""
    asked = listing.read(
        query,
        conf.pagination_max_limit,
        dict.fromkeys(FILTERS, listing.as_it_is),
    )

    def find(session: orm.Session, *args: Any) -> list[Pod]:
        if asked.marker is not None:
            try:
                pods.get(session, asked.marker)
            except pods.PodNotFound:
                raise refusals.Invalid(
                    f'marker {border.shortened(asked.marker)} is no pod'
                ) from None
        return pods.find(session, *args)

    return listing.answer(
        '/v1.0/pods', asked, find, _shown, asked.marker, key='pod_id'
    )


def show(conf: cfg.ConfigOpts, pod_id: str) -> dict[str, Any]:
    """Show a pod."""
    return _call(pods.get, pod_id)


def _checked(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a request, networks in their usual form."""
    if 'tunnel_networks' not in pod:
        return pod
    try:
        networks = [
            str(ipaddress.ip_network(one.strip()))
            for one in pod['tunnel_networks'].split(',')
            if one.strip()
        ]
    except ValueError as exc:
        raise faults.Fault(
            400, f'tunnel_networks are CIDRs separated by commas: {exc}'
        ) from exc
    return {**pod, 'tunnel_networks': ','.join(networks)}


def create(conf: cfg.ConfigOpts, body: dict[str, Any]) -> dict[str, Any]:
    """Make a pod."""
    pod = _with_region_name(body['pod'])
    if not pod.get('region_name', '').strip():
        raise faults.Fault(422, 'region_name must not be empty')
    wanted = _checked(pod)
    return _call(lambda session: pods.create(session, **wanted))


def _with_region_name(pod: dict[str, Any]) -> dict[str, Any]:
    """Return a pod with region_name, also where pod_name says it."""
    if 'pod_name' not in pod:
        return pod
    if pod.get('region_name', pod['pod_name']) != pod['pod_name']:
        raise faults.Fault(
            400, 'pod_name is another word for region_name; they differ'
        )
    others = {key: value for key, value in pod.items() if key != 'pod_name'}
    return {**others, 'region_name': pod['pod_name']}


def update(
    conf: cfg.ConfigOpts, pod_id: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Change a pod."""
    return _call(pods.update, pod_id, _checked(body['pod']))


def delete(conf: cfg.ConfigOpts, pod_id: str) -> dict[str, Any]:
    """Remove a pod."""
    return _call(pods.delete, pod_id)
