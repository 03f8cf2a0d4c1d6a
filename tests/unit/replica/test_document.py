# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents travel as JSON and mean the same on the other side."""

import dataclasses
import json

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tests.unit.local import documents
from tricircle.replica import types
from tricircle.replica import validation
from tricircle.replica.body import canonical
from tricircle.replica.body import digest
from tricircle.replica.document import Document
from tricircle.replica.document import DocumentError
from tricircle.replica.document import Generation

ID = documents.new_id()

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=10,
)


def document(body, **changes) -> Document:
    return Document(
        **{
            'type': types.NETWORK,
            'id': 'net',
            'region': 'RegionOne',
            'generation': Generation(1, 2),
            'body': body,
            **changes,
        }
    )


@given(st.dictionaries(st.text(max_size=5), values))
def test_a_document_survives_the_wire(body):
    sent = document(
        body,
        requires=(document({'a': 1}, id='other'),),
        along=(document({}, id='t', requires=(document({}, id='sub'),)),),
    )

    received = Document.from_dict(json.loads(json.dumps(sent.to_dict())))

    assert received == sent
    assert received.digest == sent.digest


def test_what_a_resource_is_made_with_is_told_and_not_compared():
    made = document({'a': 1}, initial={'device_id': 'lb-1'})

    assert Document.from_dict(made.to_dict()) == made
    assert made.digest == document({'a': 1}).digest
    assert 'initial' not in document({'a': 1}).to_dict()


def test_what_the_version_before_has_not_stands_apart_and_first():
    pool, group = (
        document({}, type=kind, id=kind)
        for kind in (types.SUBNET_POOL, types.SECURITY_GROUP)
    )
    sent = document({}, requires=(group, pool))

    wire = sent.to_dict()

    assert [one['id'] for one in wire['requires']] == ['security-group']
    assert Document.from_dict(wire).requires == (pool, group)
    assert 'first' not in document({}, requires=(group,)).to_dict()


@given(st.dictionaries(st.text(max_size=5), values))
def test_a_digest_does_not_depend_on_the_order_of_keys(body):
    assert digest.digest(body) == digest.digest(
        dict(reversed(list(body.items())))
    )


@given(st.lists(st.dictionaries(st.sampled_from('abc'), st.integers())))
def test_a_set_has_one_order(items):
    assert canonical.ordered(items) == canonical.ordered(items[::-1])


@pytest.mark.parametrize(
    'broken',
    [
        {},
        {'schema': 1},
        {'schema': 9, **document({}).to_dict(), 'body': {}} | {'schema': 9},
        {**document({}).to_dict(), 'generation': {'epoch': 'x'}},
        {**document({}).to_dict(), 'body': []},
        {**document({}).to_dict(), 'initial': 7},
    ],
)
def test_what_is_no_document_is_refused(broken):
    with pytest.raises(DocumentError):
        Document.from_dict(broken)


def test_a_schema_one_version_ahead_is_read():
    data = {**document({'a': 1}).to_dict(), 'schema': 2, 'news': True}

    assert Document.from_dict(data).body == {'a': 1}


def test_generations_are_compared_within_an_epoch_only():
    assert Generation(1, 1).older_than(Generation(1, 2))
    assert not Generation(1, 2).older_than(Generation(1, 2))
    assert not Generation(2, 1).older_than(Generation(1, 2))


def test_a_chunk_has_a_name_that_can_be_read_back():
    assert types.parse_shadow_id(types.shadow_id('net', 7)) == ('net', 7)
    with pytest.raises(ValueError):
        types.parse_shadow_id('net')


def test_a_body_that_breaks_its_schema_is_refused_with_the_place():
    body = {
        'security_group': {
            'id': 'x' * 36,
            'project_id': 'p',
            'name': 'n',
            'description': '',
            'stateful': 'yes',
            'default': False,
        },
        'rules': [],
        'rbac': [],
    }

    with pytest.raises(validation.InvalidBody, match='stateful'):
        validation.validate(document(body, type=types.SECURITY_GROUP))


def test_an_unknown_type_is_refused():
    with pytest.raises(validation.InvalidBody, match='no type'):
        validation.validate(document({}, type='planet'))


@pytest.mark.parametrize(
    ('kind', 'key', 'value'),
    [
        (types.PORT, 'mac_address', 'fa:16:3e'),
        (types.PORT, 'mac_address', ''),
        (types.PORT, 'fixed_ips', [{'subnet_id': ID, 'ip_address': '10'}]),
        (types.PORT, 'security_groups', ['a' * 36]),
        (
            types.PORT,
            'allowed_address_pairs',
            [{'mac_address': 'fa:16:3e:00:00:01', 'ip_address': 'all'}],
        ),
        (types.PORT, 'network_id', '../networks/x/y/z/and/more/of/this/a'),
        (types.ADDRESS_GROUP, 'addresses', ['10.0.0.0/33']),
        (types.ADDRESS_GROUP, 'addresses', [ID]),
        (types.SUBNET_POOL, 'prefixes', ['2001:db8::/129']),
    ],
)
def test_what_is_no_address_and_no_id_is_refused(
    kind: str, key: str, value: object
) -> None:
    made = {
        types.PORT: documents.port(
            documents.network(), documents.group(), id=ID
        ),
        types.ADDRESS_GROUP: documents.address_group('10.0.0.0/8'),
        types.SUBNET_POOL: documents.subnet_pool(),
    }[kind]
    validation.validate(made)
    (name,) = set(made.body) - {'rbac'}
    body = {**made.body, name: {**made.body[name], key: value}}

    with pytest.raises(validation.InvalidBody, match=key):
        validation.validate(dataclasses.replace(made, body=body))


def test_a_body_is_of_the_resource_that_its_document_is_of() -> None:
    """Else it would change another, which nobody is asked for."""
    network, group = documents.network(), documents.group()
    for made in (
        network,
        group,
        documents.port(network, group),
        documents.trunk(documents.port(network, group)),
        documents.address_group(),
        documents.address_scope(),
        documents.subnet_pool(),
        documents.qos_policy(),
        documents.members(group),
        documents.shadows(network, group),
        documents.router(),
    ):
        validation.validate(made)
        other = made.id.replace(made.id[:8], '01234567', 1)
        with pytest.raises(validation.InvalidBody, match='it is of'):
            validation.validate(dataclasses.replace(made, id=other))
