# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Brings the flows of a bridge to what is planned."""

from collections.abc import Iterable, Set
from typing import Any

from neutron_lib.plugins import utils as plugin_utils
from neutron_lib.plugins.ml2 import ovs_constants
from oslo_log import log as logging

from tricircle.agent import plan

LOG = logging.getLogger(__name__)

_TABLE = 0
_FULL_MASKS = frozenset({'255.255.255.255', 'ff:ff:ff:ff:ff:ff'})


def installed(bridge: Any) -> frozenset[plan.Flow]:
    """Return the flows that are on a bridge under the guard's cookie.

    :param bridge: a bridge of the agent with a cookie of its own.
    :raises RuntimeError: Open vSwitch does not answer.
    """
    return frozenset(
        plan.Flow(
            stats.priority, _match(stats.match), bool(stats.instructions)
        )
        for stats in bridge.dump_flows(_TABLE)
        if stats.cookie == bridge.default_cookie
    )


def bring(bridge: Any, wanted: Set[plan.Flow]) -> int:
    """Make the guard's flows on a bridge those wanted; return the changes.

    All changes take effect at once: there is no moment at which a reply of
    another region gets through, or one's own does not.

    :raises RuntimeError: Open vSwitch does not answer, or refuses.
    """
    present = installed(bridge)
    missing, surplus = wanted - present, present - wanted
    if not missing and not surplus:
        return 0
    with bridge.bundled(atomic=True, ordered=True) as bundle:
        _remove(bundle, surplus)
        _add(bundle, missing)
    LOG.info(
        'Region guard on %(bridge)s: %(added)d flows added, %(removed)d '
        'removed, %(all)d now',
        {
            'bridge': bridge.br_name,
            'added': len(missing),
            'removed': len(surplus),
            'all': len(wanted),
        },
    )
    return len(missing) + len(surplus)


def uplinks(bridge: Any) -> frozenset[int]:
    """Return the OpenFlow numbers of a physical bridge's ways to the wire.

    That is every interface but the agent's patch to the integration bridge.
    Interfaces and not ports: what comes in through a bond carries the number
    of the bond's member.

    :raises Exception: whatever ovsdbapp raises when Open vSwitch is away.
    """
    inner = plugin_utils.get_interface_name(
        bridge.br_name, prefix=ovs_constants.PEER_PHYSICAL_PREFIX
    )
    names = [name for name in bridge.get_iface_name_list() if name != inner]
    if not names:
        return frozenset()
    rows = bridge.ovsdb.db_list(
        'Interface', names, columns=['ofport'], if_exists=True
    ).execute(check_error=True)
    # No number yet, or -1: the interface does not work (now).
    return frozenset(
        row['ofport']
        for row in rows
        if isinstance(row['ofport'], int) and row['ofport'] > 0
    )


def _add(bundle: Any, flows: Iterable[plan.Flow]) -> None:
    for flow in flows:
        install = bundle.install_normal if flow.passes else bundle.install_drop
        install(table_id=_TABLE, priority=flow.priority, **dict(flow.match))


def _remove(bundle: Any, flows: Iterable[plan.Flow]) -> None:
    for flow in flows:
        bundle.uninstall_flows(
            table_id=_TABLE,
            strict=True,
            priority=flow.priority,
            **dict(flow.match),
        )


def _match(match: Any) -> plan.Match:
    """Return a match that Open vSwitch tells as the plan writes it."""
    return frozenset(
        (field, _unmasked(field, value)) for field, value in match.items()
    )


def _unmasked(field: str, value: Any) -> plan.Value:
    if isinstance(value, tuple) and value[1] in _FULL_MASKS:
        return value[0]  # type: ignore[no-any-return]
    return value  # type: ignore[no-any-return]
