# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central's database as it is after years, and how it finds its rows."""

from collections.abc import Iterable
import dataclasses
import re

from tests.functional.cloud import mariadb

#: Rows of the journal.
JOURNAL = 100_000
#: Networks, and ports on each but the large one.
NETWORKS = 1_000
PORTS_EACH = 20
#: Ports on the large network.
LARGE = 5_000
#: ID of the large network.
LARGE_NETWORK = '00000000-0000-4000-8000-000000000000'
#: ID of one of the others.
SMALL_NETWORK = '00000001-0000-4000-8000-000000000000'
CHUNK = 16

#: Tables that are large in the filled database.
TABLES = (
    'journal',
    'resource_routings',
    'port_locations',
    'reserved_ports',
    'router_pieces',
    'ports',
    'networks',
    'networksegments',
    'ml2_port_bindings',
    'ipallocations',
    'standardattributes',
)
_OURS = re.compile(
    r'\b(journal|resource_routings|port_locations|reserved_ports'
    r'|router_pieces|router_looks|bridge_networks|epoch)\b'
)
#: Rows that a statement may sort, or look through beside what it wants.
A_PAGE = 250


def _uuid(kind: int, number: str) -> str:
    """Return SQL that makes a UUID of a number."""
    return (
        f"CONCAT(LPAD(HEX({number}), 8, '0'), '-0000-4000-8000-{kind:012d}')"
    )


def _copy(table: str, columns: str, values: str, source: str) -> str:
    return f'INSERT INTO {table} ({columns}) SELECT {values} FROM {source}'  # noqa: S608


def fill(
    database: mariadb.Database, large: int = LARGE, journal: int = JOURNAL
) -> None:
    """Fill central's tables, as three regions do in years.

    What is in them is not consistent throughout: it is only much.
    """
    ports = NETWORKS * PORTS_EACH
    pod = (
        '(SELECT pod_id FROM pods WHERE region_name = CASE {0} % 3'
        " WHEN 0 THEN 'RegionOne' WHEN 1 THEN 'RegionTwo'"
        " ELSE 'RegionThree' END)"
    )
    number = f'seq_1_to_{large + ports}'
    network = (
        f"CASE WHEN seq <= {large} THEN '{LARGE_NETWORK}'"
        f' ELSE {_uuid(0, f"1 + seq % {NETWORKS}")} END'
    )
    statements = [
        # Networks. The first is large.
        *(
            _copy(
                'standardattributes',
                'id, resource_type',
                f"{first} + seq, '{kind}'",
                f'seq_0_to_{last}',
            )
            for first, kind, last in (
                (1_000_000, 'networks', NETWORKS),
                (2_000_000, 'segments', NETWORKS),
                (3_000_000, 'ports', large + ports),
            )
        ),
        _copy(
            'networks',
            'id, project_id, name, status, admin_state_up, vlan_transparent,'
            ' standard_attr_id, mtu',
            f"{_uuid(0, 'seq')}, 'p', '', 'ACTIVE', 1, NULL, 1000000 + seq,"
            ' 1450',
            f'seq_0_to_{NETWORKS}',
        ),
        _copy(
            'networksegments',
            'id, network_id, network_type, segmentation_id, is_dynamic,'
            ' segment_index, standard_attr_id',
            f"{_uuid(1, 'seq')}, {_uuid(0, 'seq')}, 'vxlan', 5000 + seq, 0,"
            ' 0, 2000000 + seq',
            f'seq_0_to_{NETWORKS}',
        ),
        _copy(
            'ports',
            'id, project_id, network_id, name, mac_address, admin_state_up,'
            ' status, device_id, device_owner, standard_attr_id',
            f"{_uuid(2, 'seq')}, 'p', {network}, '',"
            " CONCAT('fa:16:', LPAD(HEX(seq), 6, '0')), 1, 'ACTIVE',"
            " CONCAT('vm-', seq), 'compute:nova', 3000000 + seq",
            number,
        ),
        _copy(
            'ml2_port_bindings',
            'port_id, host, vif_type, vnic_type, profile, vif_details, status',
            f"{_uuid(2, 'seq')}, 'h', 'ovs', 'normal', '', '', 'ACTIVE'",
            number,
        ),
        _copy(
            'port_locations',
            'port_id, pod_id, network_id, host, device_id, vif_type,'
            ' agent_type, tunnel_ip, status, revision, shadow_chunk,'
            ' made_here, `release`',
            f'{_uuid(2, "seq")}, {pod.format("seq")}, {network},'
            " CONCAT('h', seq % 50), CONCAT('vm-', seq), 'ovs',"
            " 'Open vSwitch agent', '192.0.2.1', 'ACTIVE', 3,"
            f' IF(seq <= {large}, (seq - 1) DIV {CHUNK}, 0), 1, 0',
            number,
        ),
        # Presence: of the ports, and of each network in each region.
        _copy(
            'resource_routings',
            'top_id, bottom_id, pod_id, project_id, resource_type,'
            ' exclusive_key, created_at',
            "port_id, port_id, pod_id, CONCAT('p', CRC32(port_id) % 500),"
            " 'port', port_id, UTC_TIMESTAMP()",
            'port_locations',
        ),
        _copy(
            'resource_routings',
            'top_id, bottom_id, pod_id, project_id, resource_type, created_at',
            "id, id, pod_id, CONCAT('p', CRC32(id) % 500), 'network',"
            ' UTC_TIMESTAMP()',
            "networks, pods WHERE az_name != ''",
        ),
        _copy(
            'reserved_ports',
            'port_id, network_id, subnet_id, pod_id, kind, router_id',
            f'{_uuid(3, "seq")}, {_uuid(0, f"seq % {NETWORKS}")},'
            f' {_uuid(4, f"seq % {NETWORKS}")}, {pod.format("seq")},'
            " 'gateway', NULL",
            f'seq_1_to_{NETWORKS * 3}',
        ),
        _copy(
            'router_pieces',
            'piece_id, pod_id, router_id, status, revision',
            f'{_uuid(5, "seq")}, {pod.format("seq")}, {_uuid(5, "seq")},'
            " 'ACTIVE', 1",
            f'seq_1_to_{NETWORKS}',
        ),
        # One row of ten waits, and one of twenty has failed.
        _copy(
            'journal',
            'id, resource_type, resource_id, region_name, project_id,'
            ' counter, applied, pending, digest, attempts, reason,'
            ' next_try_at, created_at',
            "UUID(), ELT(1 + seq DIV 3 % 5, 'port', 'port', 'network',"
            f" 'security-group', 'shadow-ports'), {_uuid(2, 'seq DIV 3')},"
            " ELT(1 + seq % 3, 'RegionOne', 'RegionTwo', 'RegionThree'),"
            " CONCAT('p', CRC32(seq) % 500), 3, IF(seq % 10 = 0, 2, 3),"
            ' seq % 10 = 0,'
            " IF(seq % 10 = 0, NULL, 'sha256:x'), IF(seq % 20 = 0, 4, 0),"
            " IF(seq % 20 = 0, 'it is away', NULL), UTC_TIMESTAMP(6)"
            ' + INTERVAL (IF(seq % 10 = 0, seq % 7200, 0) - 3600) SECOND,'
            ' UTC_TIMESTAMP()',
            f'seq_1_to_{journal}',
        ),
        f'ANALYZE TABLE {", ".join(TABLES)}',
    ]
    database.server.script(statements, database.name)


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the database does that costs the more the more there is."""

    what: str
    table: str
    rows: int
    statement: str

    def __str__(self) -> str:
        return f'{self.what} of {self.table} ({self.rows}): {self.statement}'


def shape(statement: str) -> str:
    """Return a statement without its values."""
    text = re.sub(r"'(?:[^'\\]|\\.)*'", '?', statement)
    text = re.sub(r'\b\d+(\.\d+)?\b', '?', text)
    return re.sub(r'\(\?(, \?)*\)', '(?)', ' '.join(text.split()))


def is_explainable(statement: str) -> bool:
    """Tell whether a statement looks for rows in a table of ours."""
    return bool(
        re.match(r'\s*(SELECT|UPDATE|DELETE|INSERT.*SELECT)\b', statement)
        and _OURS.search(statement)
    )


def findings(
    database: mariadb.Database, statements: Iterable[str]
) -> list[Finding]:
    """Explain statements; return what none of them should do.

    No large table is read from end to end, no more than a page is sorted,
    and who locks what it reads reads no more than that.
    """
    found: dict[tuple[str, str, str], Finding] = {}
    by_shape: dict[str, str] = {}
    for statement in statements:
        if is_explainable(statement):
            by_shape.setdefault(shape(statement), statement)
    for text, statement in by_shape.items():
        locks = not statement.lstrip().startswith('SELECT') or bool(
            re.search(r'FOR UPDATE|LOCK IN SHARE MODE', statement)
        )
        for row in database.query(f'EXPLAIN {statement.replace("%", "%%")}'):
            rows, table = int(row['rows'] or 0), str(row['table'])
            extra = str(row['Extra'] or '')
            if rows <= A_PAGE:
                continue
            limited = re.search(r'\bLIMIT \d+\b', statement)
            if row['type'] in ('ALL', 'index'):
                what = 'scan'
            elif 'filesort' in extra:
                what = 'file sort'
            elif locks and not limited:
                what = 'lock'
            else:
                continue
            found[what, table, text] = Finding(what, table, rows, text)
    return list(found.values())
