# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of every kind, three of each: to be interrupted one by another.

What each is on is in the region already, and stays.
"""

from collections.abc import Callable, Mapping
import dataclasses
from typing import Any, Final

from tests.unit.local import documents
from tests.unit.local.stepped_ground import Ground
from tests.unit.local.stepped_ground import moved
from tricircle.local.engine.group import members
from tricircle.replica import types
from tricircle.replica.document import Document

Later = Callable[[Document], Document]


@dataclasses.dataclass(frozen=True)
class Story:
    """Three documents of one resource, and what a user may do to it.

    :ivar first: makes the first, of a fresh resource
    :ivar change: returns the one that is interrupted
    :ivar later: returns that of who comes in between
    :ivar path: where a user of the region finds what is here of it; None
        where a test cannot show that nobody may delete it
    """

    first: Callable[[Ground], Document]
    change: Callable[[Ground, Document], Document]
    later: Callable[[Ground, Document], Document]
    path: Callable[[Document], str] | None


def _without_subnets(on: Ground, one: Document) -> Document:
    return documents.later(one, {'subnets': [], 'dhcp_ports': []})


def _without(one: Document, *names: str) -> Document:
    """Return a document without what it leaves out where there is none."""
    return dataclasses.replace(
        one, body={key: one.body[key] for key in one.body if key not in names}
    )


def _renamed(on: Ground, one: Document) -> Document:
    return documents.changed(one, name='x', tags=['a'])


def _renamed_again(on: Ground, one: Document) -> Document:
    return documents.changed(one, name='y', tags=['b'])


def _shared(project: str) -> list[dict[str, Any]]:
    return [
        {
            'id': documents.new_id(),
            'project_id': documents.PROJECT,
            'target_tenant': project,
            'action': 'access_as_shared',
        }
    ]


def _at(collection: str) -> Callable[[Document], str]:
    """Return what tells where in a collection a resource is."""
    return lambda one: f'/{collection}/{one.id}'


def _addresses(*addresses: str) -> Callable[[Ground, Document], Document]:
    def change(on: Ground, one: Document) -> Document:
        return documents.later(one, {'addresses': sorted(addresses)})

    return change


def _group_of_addresses(*addresses: str) -> Later:
    def change(one: Document) -> Document:
        group = {**one.body['address_group'], 'addresses': sorted(addresses)}
        return documents.later(one, {'address_group': group})

    return change


def _router(on: Ground) -> Document:
    """Return a router that forwards ports of a floating IP."""
    router = documents.router(on.network)
    return documents.later(
        router,
        {
            'gateway': on.gateway(),
            'forwarding_ips': [on.forwarding_ip(80, 443)],
            'conntrack_helpers': [
                {
                    'id': documents.new_id(),
                    'protocol': 'tcp',
                    'port': 21,
                    'helper': 'ftp',
                }
            ],
        },
    )


def _with_other_forwardings(on: Ground, router: Document) -> Document:
    (floating_ip,) = router.body['forwarding_ips']
    return documents.later(
        _without(router, 'conntrack_helpers'),
        {
            'forwarding_ips': [
                {**on.forwarding_ip(80, 22), 'id': floating_ip['id']}
            ],
            'routes': [{'destination': '192.0.2.0/24', 'nexthop': '10.0.0.7'}],
        },
    )


def _of_a_port(on: Ground, router: Document) -> Document:
    """Return a router whose floating IP is for a port, not for some."""
    return documents.later(
        _without(router, 'forwarding_ips', 'conntrack_helpers'),
        {'floating_ips': [on.floating_ip()]},
    )


def _address_group_of_members(one: Document) -> str:
    return f'/address-groups/{members.address_group_id(one.id)}'


#: Of a port of another region, which is deleted there.
_ELSEWHERE: Final = None
#: Of what Neutron rolls back, which no test in one connection does.
_ROLLED_BACK: Final = None


def _one_shadow(on: Ground) -> Document:
    return documents.shadows(on.network, on.group)


def _with_other_addresses(one: Document) -> Document:
    """Return shadow ports on hosts that have other addresses by now."""
    agents = [
        {**each, 'tunnel_ip': each['tunnel_ip'].replace('192.0.2', '192.0.3')}
        for each in one.body['agents']
    ]
    return documents.later(one, {'agents': agents})


#: By type; of a type with several, each.
STORIES: Final[Mapping[str, Mapping[str, Story]]] = {
    types.NETWORK: {
        'that changes': Story(
            lambda on: moved(documents.network(), '10.7.0.'),
            _renamed,
            _without_subnets,
            _at('networks'),
        ),
        'that loses its subnets': Story(
            lambda on: moved(documents.network(), '10.7.0.'),
            _without_subnets,
            _renamed_again,
            _at('networks'),
        ),
    },
    types.PORT: {
        'that changes': Story(
            lambda on: documents.port(on.network, on.group),
            lambda on, one: documents.changed(
                one, name='x', tags=['a'], security_groups=[on.other.id]
            ),
            _renamed_again,
            _at('ports'),
        ),
    },
    types.TRUNK: {
        'that carries others': Story(
            lambda on: documents.trunk(on.parent, on.carried[0]),
            lambda on, one: documents.trunk(
                on.parent, on.carried[1], id=one.id, name='x', tags=['a']
            ),
            lambda on, one: documents.trunk(
                on.parent, on.carried[0], id=one.id, name='y', tags=['b']
            ),
            _ROLLED_BACK,
        ),
    },
    types.ADDRESS_SCOPE: {
        'that changes': Story(
            lambda on: documents.address_scope(),
            lambda on, one: documents.later(
                documents.changed(one, name='x'), {'rbac': _shared('there')}
            ),
            lambda on, one: documents.changed(one, name='y'),
            _at('address-scopes'),
        ),
    },
    types.SUBNET_POOL: {
        'that changes': Story(
            lambda on: documents.subnet_pool(on.scope),
            lambda on, one: documents.later(
                documents.changed(
                    one, name='x', tags=['a'], prefixes=['10.9.0.0/16']
                ),
                {'rbac': _shared('there')},
            ),
            _renamed_again,
            _at('subnetpools'),
        ),
    },
    types.ADDRESS_GROUP: {
        'of others': Story(
            lambda on: documents.address_group('10.1.0.0/16', '10.2.0.0/16'),
            lambda on, one: documents.later(
                _group_of_addresses('10.2.0.0/16', '10.3.0.0/16')(one),
                {'rbac': _shared('there')},
            ),
            lambda on, one: _group_of_addresses('10.1.0.0/16')(one),
            _at('address-groups'),
        ),
    },
    types.QOS_POLICY: {
        'with other rules': Story(
            lambda on: documents.qos_policy(
                documents.limit(1000), documents.limit(500, 'ingress')
            ),
            lambda on, one: documents.later(
                documents.changed(one, name='x', tags=['a']),
                {
                    'rules': [documents.limit(2000)],
                    'rbac': _shared('there'),
                },
            ),
            lambda on, one: documents.later(
                _renamed_again(on, one), {'rules': []}
            ),
            _at('qos/policies'),
        ),
    },
    types.SECURITY_GROUP: {
        'with other rules': Story(
            lambda on: documents.group(documents.rule(1)),
            lambda on, one: documents.later(
                _renamed(on, one),
                {'rules': [documents.rule(2)], 'rbac': _shared('there')},
            ),
            lambda on, one: documents.later(
                one, {'rules': [documents.rule(3)]}
            ),
            _at('security-groups'),
        ),
    },
    types.GROUP_MEMBERS: {
        'that are others': Story(
            lambda on: documents.members(on.group, '10.0.2.5/32'),
            _addresses('10.0.2.6/32', '10.0.2.7/32'),
            _addresses('10.0.2.5/32', '10.0.2.8/32'),
            _address_group_of_members,
        ),
    },
    types.SHADOW_PORTS: {
        'that go': Story(
            _one_shadow,
            lambda on, one: documents.later(one, {'ports': [], 'agents': []}),
            lambda on, one: documents.later(
                one,
                {
                    'ports': [
                        {**each, 'name': 'y'} for each in one.body['ports']
                    ]
                },
            ),
            _ELSEWHERE,
        ),
        'whose host moves': Story(
            _one_shadow,
            lambda on, one: _with_other_addresses(one),
            lambda on, one: documents.later(
                _with_other_addresses(one),
                {
                    'ports': [
                        {**each, 'name': 'y'} for each in one.body['ports']
                    ]
                },
            ),
            _ELSEWHERE,
        ),
        'that come back': Story(
            _one_shadow,
            lambda on, one: documents.later(
                one,
                {
                    'ports': [
                        {**each, 'name': 'y'} for each in one.body['ports']
                    ]
                },
            ),
            lambda on, one: documents.later(one, {'ports': [], 'agents': []}),
            _ELSEWHERE,
        ),
    },
    types.ROUTER: {
        'that loses its interface': Story(
            lambda on: documents.router(on.network),
            lambda on, one: documents.later(one, {'interfaces': []}),
            _renamed_again,
            _at('routers'),
        ),
        'that forwards other ports': Story(
            _router, _with_other_forwardings, _of_a_port, _at('routers')
        ),
    },
}
