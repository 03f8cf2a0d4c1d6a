# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What passes between a region and central, beside documents.

Region to central::

    PUT    /v2.0/networks/{id}/replicas/{region}        pull
    PUT    /v2.0/ports/{id}/replicas/{region}           pull, or report
    PUT    /v2.0/security-groups/{id}/replicas/{region} pull
    PUT    /v2.0/routers/{id}/replicas/{region}         report
    PUT    /v2.0/trunks/{id}/replicas/{region}          report
    DELETE /v2.0/ports/{id}/replicas/{region}           deleted in the region
    POST   /v2.0/ports with id and tricircle:region     allocate

XJob to central, with the header BACKGROUND_HEADER::

    PUT /v2.0/networks/{id}/replicas/{region}           reserve (a pull)

Central to region (XJob)::

    PUT|GET|DELETE /v2.0/replicas/{type}/{id}

A pull is ``{"replica": {"pull": PullBody}}``; the answer is
``{"replica": {"document": Document}}``. A report is
``{"replica": {"report": ReportBody}}``; the answer is
``{"replica": TakenBody}``. The answer of a region to a PUT is
``{"replica": AppliedBody}``.
"""

import re
from typing import Final, NamedTuple, NotRequired, TypedDict

from tricircle.replica.document import Generation

#: Sent with requests for which nobody waits: they get less of central's room.
BACKGROUND_HEADER: Final = 'X-Tricircle-Background'
#: Type of the error of a central that has no room; it says when to come again.
BUSY: Final = 'CentralBusy'

#: The most names in ``dns_names_before`` of a report.
DNS_NAMES: Final = 16

#: How a region names a later generation, for which it refuses others. Neutron
#: has no other place for it in an error than the text, and an XJob a version
#: older or newer reads it: what :data:`_LATER` finds is to stay as it is.
OUTDATED: Final = (
    'Replica %(type)s %(id)s has generation %(applied)s applied, '
    'which is later than %(offered)s.'
)
REMOVED: Final = (
    'Replica %(type)s %(id)s was deleted in this region with generation '
    '%(applied)s.'
)
_LATER: Final = re.compile(
    r'\bReplica (\S+) (\S+) (?:has|was deleted in this region with) '
    r'generation (\d+)\.(\d+)\b'
)


class Later(NamedTuple):
    """A resource that a region has, or had, in a later generation."""

    type: str
    id: str
    generation: Generation


def read_later(message: str) -> Later | None:
    """Return for what an error says that it is late, None for another."""
    found = _LATER.search(message)
    if found is None:
        return None
    return Later(found[1], found[2], Generation(int(found[3]), int(found[4])))


#: Purposes of a pull.
LOOK: Final = 'look'
USE: Final = 'use'
DELETE: Final = 'delete'
#: Type of central's error on a port that another region has, and will give
#: up soon: ask again.
PORT_BEING_RELEASED: Final = 'PortBeingReleased'


class PullBody(TypedDict):
    """Who asks, and what the region needs of its own.

    The caller's own token, which comes with the region's as X-Service-Token,
    proves who that is: beside it the first two are not read. Nor are they
    where the pod of the region names who acts for it.

    :ivar project_id: project of the real caller, for whom presence is
        granted
    :ivar is_admin: the real caller is an admin of the region
    :ivar dhcp_agents: how many DHCP agents serve a network here
    :ivar agent_gateways: IDs of the ports that the region's L3 agents need
        on an external network for floating IPs of distributed routers, all
        of them: central gives back what it holds beside them. Without it,
        what is held stays
    :ivar purpose: ``look``, which takes a port from nobody, not even on
        request; ``delete``, which is not given a port at all; or ``use``.
        Without it, as regions say it that are a version behind, it is a use
    """

    project_id: str
    is_admin: bool
    dhcp_agents: int
    agent_gateways: NotRequired[list[str]]
    purpose: NotRequired[str]


class RefusedBody(TypedDict):
    """Why a region does not have what it pulled.

    It is said once, right after; what XJob is answered later counts more.

    :ivar counter: with the epoch, the generation that was pulled
    :ivar reason: type and message of the error, in one line
    """

    epoch: int
    counter: int
    reason: str


class ReportBody(TypedDict):
    """What a region says of a port that lives in it.

    :ivar revision: grows with each change of the port in the region; an
        older report than the last one taken is ignored
    :ivar host: host the port is bound to, '' when unbound
    :ivar tunnel_ip: tunnel address of that host's agent
    :ivar counter: counter of the generation applied in the region
    :ivar dns_name: absent where the region has no DNS integration
    :ivar dns_names_before: what central may have as ``dns_name`` without
        anybody there having changed it since the region last heard
    :ivar supersedes: revision of a report that central has taken and the
        region, as it is now, never sent: a lie, or a port made anew. This
        report is taken in its place
    """

    revision: int
    supersedes: NotRequired[int]
    host: str
    device_id: str
    device_owner: str
    vif_type: str
    vnic_type: str
    status: str
    agent_type: NotRequired[str | None]
    tunnel_ip: NotRequired[str | None]
    epoch: NotRequired[int]
    counter: NotRequired[int]
    digest: NotRequired[str]
    dns_name: NotRequired[str]
    dns_names_before: NotRequired[list[str]]


class ToldBody(TypedDict):
    """What central was told last of a port, for the region that told it.

    A region that comes back from a backup does not remember: its port has
    been changed less often than it told. It uses the port again as it did.

    :ivar revision: of the report
    :ivar host: host the port was bound to, '' when it was not
    :ivar trunk_id: of the trunk whose parent the port is. Neutron makes none
        on a port that is bound
    """

    revision: int
    host: str
    device_id: str
    device_owner: str
    trunk_id: NotRequired[str]


class RouterReportBody(TypedDict):
    """What a region says of its piece of a router.

    :ivar revision: the router's revision number in the region. The status
        of floating IPs does not raise it: of two reports with the same one
        the later is right, and a region sends one after the other
    :ivar status: as Neutron has it: ``ACTIVE``, ``ALLOCATING``, ``ERROR``
    :ivar floating_ips: status by central's ID: ``ACTIVE``, ``DOWN``,
        ``ERROR``
    :ivar supersedes: as in :class:`ReportBody`
    """

    revision: int
    supersedes: NotRequired[int]
    status: str
    floating_ips: dict[str, str]


class TrunkReportBody(TypedDict):
    """What a region says of a trunk that is in it.

    A region sends one after the other, each as the trunk is then.

    :ivar status: as Neutron has it: ``ACTIVE``, ``BUILD``, ``DEGRADED``,
        ``DOWN``, ``ERROR``
    """

    status: str


class TakenBody(TypedDict):
    """What central says to a report.

    :ivar accepted: it was taken
    :ivar revision: that of the later report for which it was not
    """

    accepted: bool
    revision: NotRequired[int]


def is_outdated(report: ReportBody | RouterReportBody, taken: int) -> bool:
    """Tell whether a report is older than the last one that was taken."""
    return report['revision'] < taken and report.get('supersedes') != taken


class AppliedBody(TypedDict):
    """What a region has now.

    :ivar digest: digest of the body as read back from the region
    :ivar desired: digest of the document's body; equal to `digest` when
        the region is in sync
    :ivar omitted: what the region could not do, field by field
    :ivar differs: fields that are otherwise than the document has them
    """

    id: str
    type: str
    epoch: int
    counter: int
    digest: str
    desired: str
    omitted: list[str]
    differs: NotRequired[list[str]]


class ReplicaStateBody(TypedDict):
    """How far a resource got in one region, for its owner to read.

    ``GET .../replicas`` answers ``{"replicas": [ReplicaStateBody]}``, and
    ``GET .../replicas/{region}`` answers ``{"replica": ReplicaStateBody}``.

    :ivar status: ``IN_SYNC``; ``PENDING``, not confirmed yet; or
        ``FAILED``, the last attempt failed and there will be another
    :ivar reason: why the last attempt failed
    :ivar attempts: how often it was tried since the last success
    :ivar next_try_at: when it is tried again, ISO 8601, UTC
    :ivar counter: counts the changes that concern the region
    :ivar applied: the last of them that the region has
    :ivar digest: digest of what the region has
    :ivar omitted: what central has and the region does not get
    """

    region: str
    status: str
    reason: str | None
    attempts: int
    next_try_at: str | None
    counter: int
    applied: int
    digest: str | None
    omitted: list[str]


#: Type of central's error for a region that names another.
FORBIDDEN: Final = 'Forbidden'
#: Request attributes of ``POST /v2.0/ports`` on central.
REGION_ATTRIBUTE = 'tricircle:region'
#: Attribute of the answer: the port's document in JSON form.
DOCUMENT_ATTRIBUTE = 'tricircle:document'
