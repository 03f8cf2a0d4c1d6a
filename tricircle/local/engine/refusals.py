# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region refuses, and how it says so."""

from neutron_lib import exceptions
from neutron_lib.api import faults
from oslo_utils import strutils

from tricircle.db import retries
from tricircle.replica import messages

#: Most characters of an error that are shown.
_SHOWN = 300


class ReplicaFailed(exceptions.NeutronException):
    """Something went wrong that nobody expected."""

    message = '%(reason)s'


def is_expected(exc: Exception) -> bool:
    """Tell whether Neutron's API has a status for an error."""
    return isinstance(exc, tuple(faults.FAULT_MAP))


def cause(exc: Exception) -> str:
    """Return type and message of an error in one line, without secrets."""
    lines = str(exc).strip().splitlines()
    text = strutils.mask_password(lines[0] if lines else '')
    return f'{type(exc).__name__}: {text}'[:_SHOWN]


def _as_it_is(kind: type[Exception]) -> type[Exception]:
    def initialize(self: exceptions.NeutronException, msg: str) -> None:
        # Not the base's: it would fill in a text of its own.
        Exception.__init__(self, msg)
        self.msg = msg

    return type(
        kind.__name__,
        (kind,),
        {
            '__init__': initialize,
            '__module__': __name__,
            '__doc__': 'What was refused, of a part of a document.',
        },
    )


def with_message(exc: Exception, message: str) -> Exception:
    """Return an error of the same type and status with another message.

    :returns: where others' rows were in the way, what says so;
        :class:`ReplicaFailed` for what Neutron's API has no status for
    """
    if isinstance(exc, exceptions.NeutronException) and is_expected(exc):
        return _as_it_is(type(exc))(message)
    kind = retries.kind_of(exc)
    if kind is not None:
        return _as_it_is(kind)(message)
    return ReplicaFailed(reason=message)


class ReplicaBusy(exceptions.ServiceUnavailable):
    """Another worker is changing the replica."""

    message = (
        'Replica %(type)s %(id)s is being changed by another worker '
        'of this region; try again.'
    )


class ReplicaOutdated(exceptions.Conflict):
    """The document is older than what was applied."""

    message = messages.OUTDATED


class ReplicaDeleted(exceptions.Conflict):
    """The resource was deleted here; the document comes too late."""

    message = 'Replica %(type)s %(id)s was deleted in this region.'


class ReplicaRemoved(ReplicaDeleted):
    """Central had it deleted here, later than the document was made."""

    message = messages.REMOVED


class ReplicaConflict(exceptions.Conflict):
    """The region has an object of its own with that ID."""

    message = (
        'This region has a %(type)s %(id)s of its own, which does '
        'not belong to central Neutron.'
    )


class SegmentInUse(exceptions.Conflict):
    """Another network of the region has the segment of one of central."""

    message = (
        'Network %(id)s of central cannot be had in this region: network '
        '%(holder)s has its segment here (%(segment)s). Delete that network '
        "in the region, or take central's segments from another range."
    )


class ReplicaInUse(exceptions.InUse):
    """The replica cannot be removed now."""

    message = 'Replica %(type)s %(id)s is in use: %(reason)s.'


class ReplicaNotFound(exceptions.NotFound):
    """There is no such replica here."""

    message = 'Replica %(type)s %(id)s could not be found.'


class ShadowNotBound(exceptions.Conflict):
    """Packets from here would not reach a port of another region."""

    message = (
        'Port %(id)s on host %(host)s of %(region)s cannot be reached from '
        'this region: Neutron did not bind its shadow port. Its log says '
        'why: the shadow agent of that host is not alive here, or no '
        'mechanism driver takes the network.'
    )


class BelongsToCentral(exceptions.Conflict):
    """A write in the region to what only central may change."""

    message = (
        '%(type)s %(id)s belongs to central Neutron: %(what)s '
        'there, not in this region.'
    )


class PortInUse(exceptions.PortInUse):
    """What a port is used for elsewhere, it is not to be used for here."""

    message = 'Port %(port_id)s is not in this region: %(reason)s.'


class PortElsewhere(exceptions.Conflict):
    """A port of central that is in another region, as central says."""

    message = 'Port %(port_id)s is not in this region: %(reason)s.'


class PortLeaving(exceptions.Conflict):
    """A port that this region is giving up, and that is asked for again."""

    message = (
        'Port %(port_id)s is being given up to another region: try again.'
    )


class CentralUnavailable(exceptions.ServiceUnavailable):
    """Central is needed and does not answer."""

    message = (
        # Without its URL, which is none of a tenant's; the log has it.
        'Central Neutron did not answer: %(reason)s. '
        'What exists in this region goes on working; try again '
        'when central is back.'
    )


class DhcpPortNotReserved(exceptions.ServiceUnavailable):
    """Central has reserved no port for another DHCP server yet.

    Not an address failure, after which a DHCP agent does not try again.
    """

    message = (
        'Network %(network_id)s has no reserved port for another DHCP server '
        'in this region yet; central Neutron has been asked for one.'
    )


class AgentGatewayNotReserved(exceptions.ServiceUnavailable):
    """Central has reserved no port for floating IPs on a host yet.

    The L3 agent is told of its routers again when it has.
    """

    message = (
        'Network %(network_id)s has no port for floating IPs on host '
        '%(host)s yet; central Neutron has been asked for one.'
    )


class RoutersUnsupported(exceptions.Conflict):
    """The region cannot have routers of central."""

    message = (
        'Router %(id)s cannot be had in this region: its service_plugins '
        'lack tricircle.network.local_l3_plugin.TricircleL3Plugin.'
    )
