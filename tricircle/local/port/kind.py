# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports, as the engine must know them."""

from typing import Final

from neutron.db import models_v2
from oslo_config import cfg

from tricircle.client import central
from tricircle.local.engine import kinds
from tricircle.local.port import applier
from tricircle.local.port import report
from tricircle.local.port.usage import recall
from tricircle.replica import types


def _senders(
    conf: cfg.ConfigOpts, client: central.CentralClient
) -> dict[str, kinds.Sender]:
    return {types.PORT: report.Sender(conf, client).send}


KIND: Final = kinds.Kind(
    type=types.PORT,
    applier=applier.PortApplier(),
    senders=_senders,
    model=models_v2.Port,
    revisions=recall.revisions,
)
