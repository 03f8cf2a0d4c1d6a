# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Floating IPs of central's, as a region's API shows and changes them.

A tenant has them in central. What a region has of one is made for its
routers, under an ID of the region's own, and only where it is used. So a
region's users are shown what central shows them, and what they ask for goes
to central, as themselves; the region's own floating IPs stay with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron_lib import context as neutron_context
from neutron_lib.api.definitions import l3 as l3_def
from neutron_lib.db import utils as db_utils
from oslo_log import log as logging

from tricircle.client import paths
from tricircle.local.asking import errors
from tricircle.local.asking import for_caller
from tricircle.local.asking import pages
from tricircle.local.asking import preconditions
from tricircle.local.asking import request
from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.engine.owner import places
from tricircle.local.process import core_plugin
from tricircle.replica import types

LOG = logging.getLogger(__name__)

_COLLECTION: Final = l3_def.FLOATINGIPS
_MEMBER: Final = l3_def.FLOATINGIP
#: What a user may say of a floating IP, and central has to know.
_SENT: Final = (
    'floating_network_id',
    'project_id',
    'floating_ip_address',
    'subnet_id',
    'port_id',
    'fixed_ip_address',
    'description',
    'qos_policy_id',
    'dns_name',
    'dns_domain',
)
#: Filters of a list that central is asked for. By the others services look,
#: for a port of the region's: Nova does for each address of an instance.
_ASKED_BY: Final = frozenset(
    {
        'id',
        'floating_ip_address',
        'floating_network_id',
        'project_id',
        'tenant_id',
        'status',
        'description',
    }
)


class InCentral(for_caller.ForCaller):
    """What central does with floating IPs for the caller."""

    def show(self, floating_ip_id: str) -> dict[str, Any]:
        """Return a floating IP.

        :raises FloatingIPNotFound: central shows none
        :raises CentralUnavailable: central does not answer
        """
        return _visible(
            self._ask(self._client.show, _COLLECTION, floating_ip_id)
        )

    def shown(
        self, filters: Mapping[str, Iterable[Any]]
    ) -> list[dict[str, Any]]:
        """Return the floating IPs that the caller has in central.

        :raises CentralUnavailable: central does not answer
        """
        found = self._ask(
            self._client.listed,
            _COLLECTION,
            paths.pairs(filters),
        )
        return [_visible(one) for one in found]

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make a floating IP; return it.

        :param wanted: the attributes as the plugin got them
        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        said = attributes.said(_COLLECTION, wanted, _SENT)
        return _visible(
            self._ask(
                self._client.create,
                _COLLECTION,
                _MEMBER,
                attributes.as_json(said),
            )
        )

    def update(
        self, floating_ip_id: str, changes: dict[str, Any]
    ) -> dict[str, Any]:
        """Change a floating IP; return it.

        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        return _visible(
            self._ask(
                self._client.update,
                _COLLECTION,
                _MEMBER,
                floating_ip_id,
                attributes.as_json(changes),
                refusal=errors.translate_precondition,
                revision=_revision(floating_ip_id),
            )
        )

    def delete(self, floating_ip_id: str) -> None:
        """Delete a floating IP.

        :raises neutron_lib.exceptions.NeutronException: what central said
        """
        self._ask(
            self._client.delete,
            _COLLECTION,
            floating_ip_id,
            refusal=errors.translate_precondition,
            revision=_revision(floating_ip_id),
        )


def _visible(shown: Mapping[str, Any]) -> dict[str, Any]:
    return attributes.visible(_COLLECTION, shown)


def _revision(floating_ip_id: str) -> int | None:
    return preconditions.wanted_revision(_COLLECTION, floating_ip_id)


class CentralFloatingIPsMixin(core_plugin.CorePlugin):
    """Getters and writes in front of the stock router plugin's."""

    @property
    def floating_ips_in_central(self) -> InCentral:
        """What central does with floating IPs for the caller."""
        asked: InCentral = self._core_plugin.floating_ips_in_central
        return asked

    def create_floatingip(
        self, context: Any, floatingip: dict[str, Any]
    ) -> Any:
        """Create a floating IP; in central when the network is central's."""
        wanted = floatingip['floatingip']
        place = places.place_of(
            types.NETWORK, models_v2.Network, wanted['floating_network_id']
        )
        if place.is_own:
            return super().create_floatingip(context, floatingip)
        if request.may_ask_central(context):
            # Also on one that was never met here, or is for other regions.
            return self.floating_ips_in_central.create(wanted)
        place.refuse('Network', 'create the floating IP')
        return super().create_floatingip(context, floatingip)

    def update_floatingip(
        self, context: Any, id: str, floatingip: dict[str, Any]
    ) -> Any:
        """Change a floating IP; one of central's there."""
        place = places.place_of(ledger.FLOATING_IP, l3_models.FloatingIP, id)
        if place.is_own:
            return super().update_floatingip(context, id, floatingip)
        if request.may_ask_central(context):
            return self.floating_ips_in_central.update(
                place.central_id or id, floatingip['floatingip']
            )
        place.refuse('Floating IP', 'change it')
        return super().update_floatingip(context, id, floatingip)

    def delete_floatingip(self, context: Any, id: str) -> Any:
        """Delete a floating IP; one of central's there."""
        place = places.place_of(ledger.FLOATING_IP, l3_models.FloatingIP, id)
        if place.is_own:
            return super().delete_floatingip(context, id)
        if request.may_ask_central(context):
            return self.floating_ips_in_central.delete(place.central_id or id)
        place.refuse('Floating IP', 'delete it')
        return super().delete_floatingip(context, id)

    def get_floatingip(self, context: Any, id: str, fields: Any = None) -> Any:
        """Return a floating IP, as central shows it if it is not here."""
        return for_caller.here_or_shown(
            super().get_floatingip,
            self.floating_ips_in_central.show,
            context,
            id,
            fields,
        )

    def get_floatingips(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        sorts: Any = None,
        limit: Any = None,
        marker: Any = None,
        page_reverse: bool = False,
    ) -> Any:
        """Return floating IPs; those of central's as central shows them."""
        if not set(filters or {}) <= _ASKED_BY or not request.may_ask_central(
            context
        ):
            return super().get_floatingips(
                context, filters, fields, sorts, limit, marker, page_reverse
            )
        here = super().get_floatingips(context, filters)
        try:
            there = self.floating_ips_in_central.shown(filters or {})
        except refusals.CentralUnavailable:
            if set(filters or {}) & {'id', 'floating_ip_address'}:
                # Rather than to say that there is none.
                raise
            LOG.warning('Floating IPs are listed without those of central')
            there = []
        central_ids = id_map.to_central(
            neutron_context.get_admin_context(),
            [one['id'] for one in here],
            ledger.FLOATING_IP,
        )
        shown = {one['id'] for one in there}
        found = there + [
            one
            for one, central_id in zip(here, central_ids, strict=True)
            if central_id not in shown
        ]
        return [
            db_utils.resource_fields(one, fields)
            for one in pages.page(found, sorts, limit, marker, page_reverse)
        ]
