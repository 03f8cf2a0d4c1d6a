# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is not as the region wrote it: links, and availability zones. Pure."""

import json
import re
from typing import Any

from tricircle.gateway import exchange
from tricircle.gateway import placing


def for_client(
    answer: exchange.Answer,
    region_root: str,
    root: str,
    field: str,
    zone: str,
) -> exchange.Answer:
    """Return an answer with links to the gateway and the zone of the pod.

    :param region_root: URL of the region's API, without its version
    :param root: URL of the gateway, likewise
    :param field: of a resource, that names its zone
    """
    body = _zones(links(answer.body, region_root, root), field, zone)
    headers = {
        name: (
            value.replace(f'{region_root}/', f'{root}/', 1)
            if name.lower() == 'location'
            else value
        )
        for name, value in answer.headers.items()
    }
    return exchange.Answer(answer.status, headers, body)


def links(body: bytes, region_root: str, root: str) -> bytes:
    """Return a body whose links lead to the gateway."""
    return re.sub(
        rb'("href": ?")' + re.escape(region_root.encode()) + rb'/',
        lambda found: found[1] + root.encode() + b'/',
        body,
    )


def _zones(body: bytes, field: str, zone: str) -> bytes:
    """Return a body with the zone of a pod in its resource, or in each.

    What a user wrote, such as metadata, may have a field of that name.
    """
    if f'"{field}"'.encode() not in body:
        return body
    try:
        said = json.loads(body)
    except ValueError:
        return body
    if not isinstance(said, dict):
        return body
    return json.dumps(
        {key: _with_zone(value, field, zone) for key, value in said.items()}
    ).encode()


def _with_zone(value: Any, field: str, zone: str) -> Any:
    if isinstance(value, list):
        return [
            item(one, field, zone) if isinstance(one, dict) else one
            for one in value
        ]
    return item(value, field, zone) if isinstance(value, dict) else value


def item(item: dict[str, Any], field: str, zone: str) -> dict[str, Any]:
    """Return a resource with the zone of its pod, if it has one."""
    return {**item, field: zone} if item.get(field) else item


def zone_for_region(
    server: dict[str, Any], pod: placing.Pod
) -> dict[str, Any]:
    """Return what is asked of a region: the zone as the region calls it.

    What stands behind the zone, host and node, stays.
    """
    _zone, colon, host = str(server.get('availability_zone') or '').partition(
        ':'
    )
    changed = {
        key: value
        for key, value in server.items()
        if key != 'availability_zone'
    }
    if pod.own_zone or colon:
        changed['availability_zone'] = f'{pod.own_zone}{colon}{host}'
    return changed
