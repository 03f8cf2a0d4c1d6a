# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""External networks of central: each is in one region."""

from collections.abc import Iterable
import contextlib
import dataclasses
from typing import Any, Final

from neutron.db import models_v2
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import availability_zone as az_apidef
from neutron_lib.api.validators import availability_zone as az_validator
from oslo_config import cfg
from sqlalchemy import orm

from tricircle.central.engine import availability_zones
from tricircle.db import aside
from tricircle.db.central import presence
from tricircle.plan import scope
from tricircle.replica import types


class NetworkInOtherRegions(n_exc.Conflict):
    """A network is to become external, and is in several regions."""

    message = (
        'Network %(network_id)s cannot become external: external '
        'networks are in one region, %(region)s here, and it is '
        'present in %(regions)s.'
    )


@dataclasses.dataclass(frozen=True)
class Making:
    """An external network that is being made.

    :ivar region_name: its region, None while there are no pods
    """

    region_name: str | None


_making: Final = aside.Aside[Making]('making_external_network')


def making(
    context: Any, region_name: str | None
) -> contextlib.AbstractContextManager[None]:
    """Say that what happens in here makes an external network."""
    return _making.said(context, Making(region_name))


def being_made(context: Any) -> Making | None:
    """Return the external network that is being made, if one is."""
    return _making.of(context)


def settle_hints(session: orm.Session, hints: Iterable[str]) -> list[str]:
    """Return the hints of an external network: they name one region.

    Without a hint, [tricircle] default_region_for_external_network is the
    hint. It is taken as it is while there are no pods at all: nothing can
    be told about regions then, and a new central may be filled first.

    :raises AvailabilityZoneNotFound: 404, when a hint names nothing
    :raises InvalidInput: 400, when the hints name several regions, or the
        default region is none
    """
    names = list(hints)
    known = availability_zones.regions(session)
    default = cfg.CONF.tricircle.default_region_for_external_network
    if not names:
        if known and scope.single_region([default], known) is None:
            raise n_exc.InvalidInput(
                error_message=(
                    f'[tricircle] default_region_for_external_network is '
                    f'{default}, which names not exactly one region; name the '
                    f'region of the external network in '
                    f'availability_zone_hints'
                )
            )
        return [default]
    availability_zones.validate(session, 'network', names)
    if scope.single_region(names, known) is None:
        raise n_exc.InvalidInput(
            error_message=(
                f'an external network is in one region, but '
                f'availability_zone_hints {", ".join(names)} name '
                f'{", ".join(sorted(scope.regions_of(names, known)))}'
            )
        )
    return names


def make_external(session: orm.Session, network: models_v2.Network) -> None:
    """Give a network that becomes external its one region.

    :param network: the row, in the transaction of the change
    :raises AvailabilityZoneNotFound, InvalidInput:
        as :func:`settle_hints`
    :raises NetworkInOtherRegions: 409, when it is present elsewhere
    """
    hints = settle_hints(
        session, availability_zones.parse(network[az_apidef.AZ_HINTS])
    )
    others = set(presence.regions_of(session, types.NETWORK, network.id))
    region = availability_zones.region_of_hints(session, hints)
    if others - {region}:
        raise NetworkInOtherRegions(
            network_id=network.id,
            region=region or hints[0],
            regions=', '.join(sorted(others)),
        )
    network[az_apidef.AZ_HINTS] = az_validator.convert_az_list_to_string(hints)
