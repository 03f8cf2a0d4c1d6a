# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Waiting until things are quiet, and looking at all of it."""

from collections.abc import Callable, Sequence
import concurrent.futures
import re

import pymysql
from pymysql.constants import ER

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.waiting import poll
from tests.functional.jobs import sweeps
from tests.functional.stateful import model
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.resources import Finding

#: Tables in which something stands of each thing that is in a region.
_TABLES = (
    'port_locations',
    'reserved_ports',
    'bridge_networks',
    'router_pieces',
    'router_looks',
    'adoptions',
    'journal',
)
#: What is given to nobody yet. What every region has confirmed stands there
#: until somebody looks.
_HELD = ('held_addresses', 'held_segments')
#: Seconds until all that was begun must be done.
QUIET = 60.0
#: Seconds after which what is under way is said to take long.
LONG = 10.0
NOT_DONE = 'not done after'
_DIFFERENCE = re.compile(r'^  (\S+) (\S+) (.+)$', re.MULTILINE)


def under_way(cloud: clouds.Cloud) -> list[str]:
    """Return what is to be done yet: outboxes, jobs, second looks.

    Jobs that are put off, as after a failure, are due from now on.
    """
    found = []
    for name, region in cloud.regions.items():
        found += [
            f'outbox of {name}: {row["resource_type"]} {row["resource_id"]},'
            f' {row["attempts"]} attempts: {row["reason"]}'
            for row in regions.outbox(region)
        ]
        found += [
            f'ledger of {name}: {row["resource_type"]} {row["resource_id"]}'
            f' is {row["state"]}'
            for state in ('allocating', 'applying')
            for row in regions.ledger(region, state=state)
        ]
    query = cloud.central.database.query
    make_due(cloud)
    found += [
        f'job {row["resource_type"]} {row["resource_id"]} for'
        f' {row["region_name"]}, {row["attempts"]} attempts: {row["reason"]}'
        for row in query('SELECT * FROM journal WHERE pending')
    ]
    found += [
        f'second look at {row["network_id"]}'
        for row in query('SELECT * FROM router_looks')
    ]
    return found


def make_due(cloud: clouds.Cloud) -> None:
    """Have jobs that are put off, as after a failure, be due now."""
    try:
        cloud.central.database.execute(
            'UPDATE journal SET next_try_at = UTC_TIMESTAMP() WHERE pending'
        )
    except pymysql.OperationalError as exc:
        # It is the services' deadlock as well: the next look does it.
        if exc.args[0] != ER.LOCK_DEADLOCK:
            raise


def quiet(
    cloud: clouds.Cloud, seconds: float, note: Callable[[str], None]
) -> list[Finding]:
    """Wait until nothing is under way; return what does not come to an end.

    :param note: is told what takes long

    What was looked at first may have caused what was looked at last: it is
    quiet when two looks found nothing.
    """
    before: list[str] = ['nothing was looked at']
    now: list[str] = []
    told = seconds - LONG
    for left in poll(seconds, 0.15):
        now = under_way(cloud)
        if now and left < told:
            told = left - LONG
            note(f'{NOT_DONE} {seconds - left:.0f} s: {now}')
        if not before and not now:
            return []
        before = now
    return [Finding('is never done', text) for text in now]


def snapshot(
    cloud: clouds.Cloud, tenants: Sequence[str] = ()
) -> seen.Snapshot:
    """Look at everything.

    :param tenants: projects whose networks are looked at as they see them
    """
    with concurrent.futures.ThreadPoolExecutor(1 + len(cloud.regions)) as pool:
        central = pool.submit(_side, cloud.central, 'central', tenants)
        sides = {
            name: pool.submit(_side, region, name, tenants)
            for name, region in cloud.regions.items()
        }
        query = cloud.central.database.query
        return seen.Snapshot(
            central=central.result(),
            regions={name: one.result() for name, one in sides.items()},
            tables={
                table: [dict(row) for row in query(sql)]
                for table, sql in _tables().items()
            },
            ledgers={
                name: regions.ledger(region)
                for name, region in cloud.regions.items()
            },
        )


def _tables() -> dict[str, str]:
    return {
        'resource_routings': 'SELECT r.*, p.region_name'
        ' FROM resource_routings r JOIN pods p ON p.pod_id = r.pod_id',
        **{table: f'SELECT * FROM {table}' for table in _TABLES},  # noqa: S608
        **{
            table: f'SELECT h.* FROM {table} h JOIN journal j'  # noqa: S608
            ' ON j.id = h.entry_id AND j.applied < h.counter'
            for table in _HELD
        },
    }


def _side(
    process: clouds.NeutronProcess, name: str, tenants: Sequence[str]
) -> seen.Side:
    admin = process.admin
    things = {
        kind: {str(one['id']): one for one in admin.list(kind)}
        for kind in seen.KINDS
        if kind not in (model.FORWARDING, model.SHARE)
    }
    # Not those that make a network an external one.
    things[model.SHARE] = {
        str(one['id']): one
        for one in admin.list(model.SHARE, action=model.ACCESS_AS_SHARED)
    }
    # The API shows those of one floating IP at a time.
    things[model.FORWARDING] = {
        str(row['id']): dict(row)
        for row in process.database.query(
            'SELECT p.id, p.floatingip_id, f.project_id,'
            ' f.floating_ip_address, p.protocol,'
            ' f.floating_network_id, p.internal_neutron_port_id AS port_id,'
            ' p.internal_ip_address, p.internal_port_start AS internal_port,'
            ' p.external_port_start AS external_port'
            ' FROM portforwardings p'
            ' JOIN floatingips f ON f.id = p.floatingip_id'
        )
    }
    if isinstance(process, clouds.Region):
        # Its API shows those of central as well.
        things[model.FLOATING_IP] = {
            str(row['id']): dict(row)
            for row in process.database.query(
                'SELECT id, project_id, floating_ip_address,'
                ' fixed_port_id AS port_id FROM floatingips'
            )
        }
    visible = {
        project: frozenset(
            str(one['id'])
            for one in process.client(project).list(model.NETWORK)
        )
        for project in tenants
    }
    return seen.Side(name, things, visible)


def differences(cloud: clouds.Cloud) -> list[Finding]:
    """Return where a region has not what the planner's documents say."""
    code, output = sweeps.sweep_once(cloud)
    found = [
        Finding('differs from its document', ' '.join(one))
        for one in _DIFFERENCE.findall(output)
    ]
    if code and not found:
        found.append(Finding('cannot be compared', output[-400:]))
    return found


def planned_anew(
    cloud: clouds.Cloud, note: Callable[[str], None]
) -> list[Finding]:
    """Return what of routers changes when each is planned once more.

    A router is planned when something of it changes. So what ought to have
    had it planned, and did not, is seen when something else of it changes.
    """
    admin = cloud.central.admin
    before = _pieces(cloud)
    for router in admin.list(model.ROUTER):
        admin.update(model.ROUTER, str(router['id']), description='again')
    found = quiet(cloud, QUIET, note)
    now = _pieces(cloud)
    return found or [
        Finding(
            'router was not planned',
            f'{one} was {"there" if one in before else "not there"}',
        )
        for one in sorted(before ^ now)
    ]


def _pieces(cloud: clouds.Cloud) -> set[str]:
    return {
        ' '.join(str(value) for value in row.values())
        for row in cloud.central.database.query(
            'SELECT r.router_id, r.piece_id, p.region_name FROM router_pieces'
            ' r JOIN pods p ON p.pod_id = r.pod_id'
        )
    }
