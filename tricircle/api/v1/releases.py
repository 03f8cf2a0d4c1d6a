# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""``/v1.0/releases``: what central's programs run, and its tables."""

import socket
from typing import Any, Final

from oslo_config import cfg
from sqlalchemy import orm

import tricircle
from tricircle.api import moments
from tricircle.api import schemas
from tricircle.api import transactions
from tricircle.db import clock
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

#: This program. It says so itself, in the answer: it notes nothing.
_API: Final = 'api'
_FIELDS: Final[dict[str, Any]] = {
    'program': {
        'type': 'string',
        'enum': [_API, noted.CENTRAL, noted.XJOB],
        'description': 'The administrator API that answers, central Neutron, '
        'or XJob',
    },
    'host': {'type': 'string', 'description': 'On which it runs'},
    'version': {'type': 'string', 'description': 'Of Tricircle'},
    'document_schema': {
        **schemas.COUNT,
        'description': 'Version of the format of documents',
    },
    'tables': {
        'type': 'string',
        'description': "Version of central's tables that it is made for",
    },
    'noted_at': {'type': 'string', 'description': 'When it said so last'},
}
RELEASES: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['releases', 'tables'],
    'additionalProperties': False,
    'properties': {
        'releases': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': list(_FIELDS),
                'additionalProperties': False,
                'properties': _FIELDS,
            },
        },
        'tables': {
            'type': ['string', 'null'],
            'description': 'Version of the tables that are there; null when '
            'there is none',
        },
    },
}


def _shown(one: noted.Noted) -> dict[str, Any]:
    return {
        'program': one.program,
        'host': one.name,
        'version': one.version,
        'document_schema': one.document_schema,
        'tables': one.tables,
        'noted_at': moments.shown(one.noted_at),
    }


def index(conf: cfg.ConfigOpts) -> dict[str, Any]:
    """List what central's programs run, and the version of the tables."""

    def read(session: orm.Session) -> dict[str, Any]:
        own = releases.own(tricircle.__version__)
        this = noted.Noted(
            _API,
            socket.gethostname(),
            own.version,
            own.document_schema,
            noted.own_tables(),
            clock.now(session),
        )
        return {
            'releases': [
                _shown(one) for one in (this, *noted.running(session))
            ],
            'tables': noted.tables(session),
        }

    return transactions.run(read, lambda found: dict(found), writes=False)
