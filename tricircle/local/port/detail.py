# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What the ledger keeps of a port beside its state, as JSON."""

import datetime
import json
from typing import Any, Final

from tricircle.conf import durations
from tricircle.replica import messages

#: Of a router's port: other regions have to know where it is.
SHOWN: Final = 'shown'
_TUNNEL_IP = 'tunnel_ip'
_TUNNEL_HOST = 'tunnel_host'
_DNS_NAMES = 'dns_names'
_BROUGHT_AT = 'brought_at'
_LEAVING = 'leaving'
_SUPERSEDED = 'superseded'


def _read(detail: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(detail or '{}')
    return found


def is_shown(detail: str | None) -> bool:
    """Tell whether other regions have to know where a router's port is."""
    return bool(_read(detail).get(SHOWN))


def brought(detail: str | None, now: datetime.datetime) -> str:
    """Return the detail of a port that was just brought here.

    :param now: in the database, whose clock all hosts of the region share
    """
    found = {**_read(detail), _BROUGHT_AT: now.isoformat()}
    found.pop(_LEAVING, None)
    return json.dumps(found)


def leaving(detail: str | None) -> str:
    """Return the detail of a port that is being given up."""
    return json.dumps({**_read(detail), _LEAVING: True})


def is_leaving(detail: str | None) -> bool:
    """Tell whether a port is being given up, or was until that failed."""
    return _LEAVING in _read(detail)


def told(
    detail: str | None,
    tunnel_ip: str | None,
    host: str,
    used: bool,
    dns_name: str | None = None,
    superseded: int | None = None,
) -> str:
    """Return the detail of a port that central has just heard of.

    :param host: that has the tunnel address
    :param used: something uses it, so that it need not be kept for anybody
        after that
    :param dns_name: None where this region has none to tell
    :param superseded: revision of what central had heard before, and this
        region does not remember
    """
    found = {
        **_read(detail),
        _TUNNEL_IP: tunnel_ip,
        _TUNNEL_HOST: host,
    }
    if dns_name is not None:
        found[_DNS_NAMES] = [dns_name]
    if superseded is not None:
        found[_SUPERSEDED] = superseded
    if used:
        found.pop(_BROUGHT_AT, None)
    return json.dumps(found)


def superseded(detail: str | None) -> int:
    """Return up to which revision what central was told is replaced."""
    return int(_read(detail).get(_SUPERSEDED, 0))


def told_address(detail: str | None) -> str | None:
    """Return the tunnel address that central was told last."""
    address = _read(detail).get(_TUNNEL_IP)
    return None if address is None else str(address)


def known_address(detail: str | None, host: str) -> str | None:
    """Return that address, if it is of this host.

    Of what was told before hosts were noted, it is.
    """
    is_its = _read(detail).get(_TUNNEL_HOST, host) == host
    return told_address(detail) if is_its else None


def dns_names(detail: str | None, here: str) -> list[str]:
    """Return what central may have as a port's DNS name of itself.

    Another one somebody has said there since this region last heard of it.

    :param here: its name in this region
    :returns: what central had first, as far as is known
    """
    known = _read(detail).get(_DNS_NAMES)
    # Of a port that was here before names were told, central has none.
    return list(dict.fromkeys(['', here])) if known is None else list(known)


def renamed(detail: str | None, before: str, now: str) -> str:
    """Return the detail of a port whose DNS name has just changed here."""
    first, *later = dict.fromkeys([*dns_names(detail, before), now])
    kept = later[-(messages.DNS_NAMES - 1) :]
    return json.dumps({**_read(detail), _DNS_NAMES: [first, *kept]})


def named_by_central(detail: str | None, name: str) -> str:
    """Return the detail of a port that has the DNS name that central says."""
    return json.dumps({**_read(detail), _DNS_NAMES: [name]})


def is_kept(detail: str | None, now: datetime.datetime) -> bool:
    """Tell whether a port was brought here for something about to start.

    :param now: as of :func:`brought`
    """
    moment = _read(detail).get(_BROUGHT_AT)
    if moment is None:
        return False
    since = now - datetime.timedelta(seconds=durations.PORT_KEPT)
    return datetime.datetime.fromisoformat(moment) > since
