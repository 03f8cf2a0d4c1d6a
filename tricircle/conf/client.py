# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ``[client]`` group: how Tricircle reaches Keystone and the Neutrons."""

from oslo_config import cfg

GROUP = 'client'

OPTS = [
    cfg.StrOpt(
        'auth_url',
        default='http://127.0.0.1/identity',
        help='Keystone URL used to get tokens for calls between Neutrons.',
    ),
    cfg.StrOpt(
        'identity_url',
        default='http://127.0.0.1/identity/v3',
        deprecated_for_removal=True,
        deprecated_reason='Not read; kept so that existing configuration '
        'files stay valid.',
        help='Not read.',
    ),
    cfg.BoolOpt(
        'auto_refresh_endpoint',
        default=True,
        help="Read the Keystone catalogue anew when a region's endpoint is "
        'missing or does not answer.',
    ),
    cfg.StrOpt(
        'top_region_name',
        help='Region of central Neutron, as registered in Keystone.',
    ),
    cfg.StrOpt(
        'admin_username',
        help='User for calls between Neutrons, one of its own for each '
        'region and one for XJob; the pod names it. It needs the role '
        '"service" in admin_tenant and no other.',
    ),
    cfg.StrOpt(
        'admin_password', secret=True, help='Password of admin_username.'
    ),
    cfg.StrOpt('admin_tenant', help='Project of admin_username.'),
    cfg.StrOpt(
        'admin_user_domain_name',
        default='Default',
        help='Domain of admin_username.',
    ),
    cfg.StrOpt(
        'admin_tenant_domain_name',
        default='Default',
        help='Domain of admin_tenant.',
    ),
    cfg.StrOpt(
        'auth_strategy',
        default='keystone',
        choices=[
            ('keystone', 'Tokens from Keystone.'),
            (
                'noauth',
                'No Keystone: the identity is sent in the headers '
                'that keystonemiddleware would have set. For test '
                'beds only.',
            ),
        ],
        help='How calls between Neutrons identify their caller.',
    ),
    cfg.DictOpt(
        'endpoint_overrides',
        default={},
        help='Neutron URLs by region name, used in place of the Keystone '
        'catalogue: RegionOne:http://10.0.0.1:9696,RegionTwo:...',
    ),
    cfg.StrOpt(
        'endpoint_interface',
        default='public',
        help='Catalogue interface that regions are called through.',
    ),
    cfg.StrOpt(
        'cafile',
        help='File with the authorities, as PEM, that the certificates of '
        'Keystone and the Neutrons are verified with; those that Python '
        'brings (certifi) when unset.',
    ),
    cfg.BoolOpt(
        'insecure',
        default=False,
        help='Verify no certificate: whoever answers then has the password. '
        'cafile is not read. For test beds only.',
    ),
    cfg.StrOpt(
        'certfile',
        help='Certificate, as PEM, to show to Keystone and the Neutrons, for '
        'those that ask for one.',
    ),
    cfg.StrOpt(
        'keyfile',
        help='Private key of certfile, as PEM; in certfile when unset.',
    ),
    cfg.FloatOpt(
        'neutron_timeout',
        default=60.0,
        min=0.1,
        help='Seconds after which a call to a Neutron is given up.',
    ),
    cfg.FloatOpt(
        'central_timeout',
        default=6.0,
        min=0.1,
        help='Seconds a region waits for central Neutron in a request of a '
        'user before it answers 503. A region must answer within 8 s '
        'also when central is away. A request for several ports waits half '
        'as long again for each but the first, up to three times as long.',
    ),
    cfg.StrOpt(
        'bridge_cidr',
        default='100.0.0.0/9',
        help='Pool of the bridge networks. The same in central, in all '
        'regions and in XJob.',
    ),
    cfg.StrOpt(
        'bridge_cidr_v6',
        default='fd74:7269:6369::/48',
        help='Pool of the IPv6 subnets of the bridge networks. The same in '
        'central, in all regions and in XJob.',
    ),
    cfg.StrOpt(
        'cross_pod_vxlan_mode',
        default='p2p',
        choices=[
            (
                'p2p',
                'Shadow ports on shadow agents: every host tunnels to '
                'every other.',
            ),
            ('l2gw', 'Tunnels lead to the L2 gateway of the region.'),
            ('noop', 'Nothing is made: something else joins the networks.'),
        ],
        help='How VXLAN networks are joined across regions.',
    ),
    cfg.IntOpt(
        'max_shadow_port_bulk_size',
        default=100,
        min=1,
        max=200,
        help='Most ports in one document of shadow ports.',
    ),
    cfg.IntOpt(
        'max_trunk_subports_bulk_size',
        default=100,
        min=1,
        help='Most sub-ports in one request.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the ``[client]`` options; safe to repeat."""
    conf.register_opts(OPTS, group=GROUP)
