# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Field tables: each attribute of a kind of resource, said once.

What travels in documents, in which form, what a region can change of it
later, and why the rest of Neutron's attributes stays where it is. Schemas of
the bodies and the lists of keys that appliers go by follow from the tables;
a test holds them against the attributes that Neutron's API has.
"""

from collections.abc import Callable, Iterable, Mapping
import dataclasses
import re
from typing import Any, Final

STRING: Final[dict[str, Any]] = {'type': 'string'}
BOOLEAN: Final[dict[str, Any]] = {'type': 'boolean'}
INTEGER: Final[dict[str, Any]] = {'type': 'integer'}
NULLABLE_STRING: Final[dict[str, Any]] = {'type': ['string', 'null']}
NULLABLE_INTEGER: Final[dict[str, Any]] = {'type': ['integer', 'null']}
ID: Final[dict[str, Any]] = {
    'type': 'string',
    'minLength': 36,
    'maxLength': 36,
    'format': 'uuid',
}
#: What :mod:`tricircle.replica.validation` checks by its form.
ADDRESS: Final[dict[str, Any]] = {'type': 'string', 'format': 'address'}
CIDR: Final[dict[str, Any]] = {'type': 'string', 'format': 'cidr'}
MAC: Final[dict[str, Any]] = {
    'type': 'string',
    'pattern': r'^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}\Z',
}
PORT_RANGE: Final[dict[str, Any]] = {
    'type': 'string',
    'pattern': r'^[0-9]{1,5}:[0-9]{1,5}\Z',
}
NULLABLE_ADDRESS: Final = {**ADDRESS, 'type': ['string', 'null']}
NULLABLE_CIDR: Final = {**CIDR, 'type': ['string', 'null']}
IP_VERSION: Final[dict[str, Any]] = {'enum': [4, 6]}
STRINGS: Final[dict[str, Any]] = {'type': 'array', 'items': STRING}
CIDRS: Final[dict[str, Any]] = {'type': 'array', 'items': CIDR}
IDS: Final[dict[str, Any]] = {'type': 'array', 'items': ID}
ADDRESSES: Final[dict[str, Any]] = {'type': 'array', 'items': ADDRESS}
OBJECTS: Final[dict[str, Any]] = {'type': 'array', 'items': {'type': 'object'}}

#: A UUID as Neutron writes it.
UUID: Final = r'[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'

#: Reasons why an attribute is in no document.
REGIONS_OWN: Final = 'each region has its own'
DERIVED: Final = 'Neutron works it out, in each region by itself'
SAID_BY_PROJECT: Final = 'project_id says it'
HINTS: Final = 'central has followed them'
IN_DOCUMENT: Final = 'the document has it beside the resource'
RANGE: Final = 'the range says it'
#: Reason of an attribute that central takes and no region gets, which the
#: state of the replica names when it is set.
NAMED: Final = 'regions do not get it: the state of the replica names it'
#: Reason of one that nothing names yet. Each is a defect.
UNNAMED: Final = 'regions do not get it, and nothing says so yet'


def record(
    optional: Mapping[str, Any] | None = None, /, **required: Any
) -> dict[str, Any]:
    """Return the schema of an object. Keys it does not name are let pass."""
    return {
        'type': 'object',
        'required': sorted(required),
        'properties': {**required, **(optional or {})},
    }


def listed(item: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of such items."""
    return {'type': 'array', 'items': item}


FIXED_IPS: Final = listed(record(subnet_id=ID, ip_address=ADDRESS))
ADDRESS_PAIRS: Final = listed(record(mac_address=MAC, ip_address=CIDR))
ROUTES: Final = listed(record(destination=CIDR, nexthop=ADDRESS))
RBAC: Final = listed(
    record(id=ID, project_id=STRING, target_tenant=STRING, action=STRING)
)
RESERVED_PORTS: Final = listed(
    record(id=ID, mac_address=MAC, fixed_ips=FIXED_IPS)
)


@dataclasses.dataclass(frozen=True)
class Field:
    """An attribute that travels.

    :ivar name: as Neutron's API calls it
    :ivar schema: JSON schema of its value in a body
    :ivar mutable: a region that has the resource can change it
    :ivar required: every central sends it; else one that is a version back,
        or has it not, leaves it out
    :ivar sparse: it is left out where it is not set
    :ivar unset: what Neutron shows of one that is not set
    """

    name: str
    schema: Mapping[str, Any]
    mutable: bool = False
    required: bool = True
    sparse: bool = False
    unset: Any = None


#: What documents say of whatever a project owns.
OWNED: Final = (
    Field('id', ID),
    Field('project_id', STRING),
    Field('name', STRING, mutable=True),
    Field('description', STRING, mutable=True),
)
ADMIN_STATE: Final = Field('admin_state_up', BOOLEAN, mutable=True)
TAGS: Final = Field('tags', STRINGS, required=False)
QOS_POLICY: Final = Field(
    'qos_policy_id', ID, mutable=True, required=False, sparse=True
)


def object_of(fields: Iterable[Field], /, **more: Any) -> dict[str, Any]:
    """Return the schema of an object with such attributes.

    :param more: schemas of what every central sends beside them
    """
    known = list(fields)
    return record(
        {one.name: one.schema for one in known if not one.required},
        **{one.name: one.schema for one in known if one.required},
        **more,
    )


@dataclasses.dataclass(frozen=True)
class Table:
    """All attributes of one resource of Neutron's API.

    :ivar resource: its name, before that of an attribute in what is omitted
    :ivar collection: as Neutron's API calls it
    :ivar fields: what travels
    :ivar stays: why each of the others does not, by its name
    """

    resource: str
    collection: str
    fields: tuple[Field, ...]
    stays: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what travels."""
        return tuple(one.name for one in self.fields)

    @property
    def mutable(self) -> tuple[str, ...]:
        """Names of what a region can change."""
        return tuple(one.name for one in self.fields if one.mutable)

    @property
    def sparse(self) -> dict[str, Any]:
        """What is left out where it is not set: what is shown then."""
        return {one.name: one.unset for one in self.fields if one.sparse}

    @property
    def named(self) -> frozenset[str]:
        """Names of what central takes, no region gets, and the state says."""
        return frozenset(
            name for name, reason in self.stays.items() if reason == NAMED
        )

    @property
    def unnamed(self) -> frozenset[str]:
        """Names of what central takes, no region gets, and nothing says."""
        return frozenset(
            name for name, reason in self.stays.items() if reason == UNNAMED
        )

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the resource in a body."""
        return object_of(self.fields)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of resource with documents of its own.

    :ivar type: of its documents
    :ivar schema: JSON schema of their bodies
    :ivar collection: of central's API, with the sub-resource ``replicas``;
        empty where there is none
    :ivar not_found: Neutron's error for one that is not there
    :ivar tables: the resources in its documents
    :ivar id: pattern of their IDs
    :ivar told: JSON schema of what a document says that its region said last
    :ivar named: returns the ID that a body is of, where it is not that of
        the first resource
    """

    type: str
    schema: Mapping[str, Any]
    collection: str = ''
    not_found: str = ''
    tables: tuple[Table, ...] = ()
    id: re.Pattern[str] = re.compile(UUID)
    told: Mapping[str, Any] | None = None
    named: Callable[[Mapping[str, Any]], str] | None = None

    def id_of(self, body: Mapping[str, Any]) -> str:
        """Return the ID that a valid body is of."""
        if self.named is not None:
            return self.named(body)
        return str(body[self.tables[0].resource]['id'])

    @property
    def member(self) -> str:
        """Name of one in Neutron's URLs, policies and plugins."""
        return self.tables[0].resource

    @property
    def word(self) -> str:
        """Name of one in the SDK."""
        return self.type.replace('-', '_')
