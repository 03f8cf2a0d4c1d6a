# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a job is about, by name: the pod, and the resource.

The journal has a type, an ID and a region; operators name the parts.
"""

from collections.abc import Mapping
from typing import Final

from tricircle.replica import kinds
from tricircle.replica import references
from tricircle.replica import types

POD: Final = 'pod_id'
_CHUNK: Final = 'chunk'


def _name(resource_type: str) -> str:
    return f'{resource_type.replace("-", "_")}_id'


#: Names of the parts of a job's resource, by type of the job.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    **{one.type: (POD, _name(one.type)) for one in kinds.KINDS},
    types.GROUP_MEMBERS: (POD, _name(types.SECURITY_GROUP)),
    types.SHADOW_PORTS: (POD, _name(types.NETWORK), _CHUNK),
    types.ROUTER_PLAN: (_name(types.ROUTER),),
    types.SWEEP: (POD,),
    types.DEPARTURE: (POD,),
    types.ADOPTION: (POD, _name(types.NETWORK)),
    types.ADOPTION_ROWS: (_name(types.NETWORK),),
    **{one: (POD, 'mirror_id') for one in types.MIRRORED},
}


class NoResource(ValueError):
    """Parts that name no resource of a job; the text says why."""


def resource(
    resource_type: str, resource_id: str, pod_id: str | None
) -> dict[str, str | None]:
    """Return the parts of a job's resource.

    :param resource_id: as the journal has it
    :param pod_id: of the region, None when that is no pod (any more)
    """
    names = NAMES.get(resource_type, (POD, 'resource_id'))
    if resource_type == types.SHADOW_PORTS:
        network_id, _, chunk = resource_id.partition('_')
        return dict(zip(names, (pod_id, network_id, chunk), strict=True))
    if resource_type == types.DEPARTURE:
        return {POD: resource_id}
    if resource_type == types.SWEEP:
        return {POD: pod_id}
    values = (pod_id, resource_id) if POD in names else (resource_id,)
    return dict(zip(names, values, strict=True))


def resource_id(
    resource_type: str, parts: Mapping[str, str], region_name: str
) -> str:
    """Return the ID that the journal has of a resource.

    :param region_name: of the pod that is named
    :raises NoResource: when the parts are not those of such a resource
    """
    names = NAMES[resource_type]
    for title, those in (
        ('lacks', set(names) - set(parts)),
        ('has no', set(parts) - set(names)),
    ):
        if those:
            raise NoResource(
                f'the resource of a job {resource_type} {title} '
                f'{", ".join(sorted(those))}; it has {", ".join(names)}'
            )
    if resource_type == types.SWEEP:
        return region_name
    found = '_'.join(parts[one] for one in names if one != POD)
    if not references.is_resource_id(resource_type, found):
        raise NoResource(f'this is no ID of a {resource_type}')
    return found
