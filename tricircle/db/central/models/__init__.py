# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables in central Neutron's database.

They hold no foreign key into Neutron's own tables, so that they can be
made before those (manual installation, step 5), and because a deletion in
central must leave the presence behind until the region has followed.
"""

from tricircle.db.central.models.adoptions import Adoption
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.db.central.models.bindings import PodBinding
from tricircle.db.central.models.columns import BigInteger
from tricircle.db.central.models.columns import Moment
from tricircle.db.central.models.contacts import RegionContact
from tricircle.db.central.models.data_paths import RegionDataPath
from tricircle.db.central.models.held import HeldAddress
from tricircle.db.central.models.held import HeldSegment
from tricircle.db.central.models.held import ReservedPort
from tricircle.db.central.models.homes import Placing
from tricircle.db.central.models.homes import ResourceHome
from tricircle.db.central.models.journal import Epoch
from tricircle.db.central.models.journal import JournalEntry
from tricircle.db.central.models.mirrors import Mirror
from tricircle.db.central.models.mirrors import MirrorCopy
from tricircle.db.central.models.pods import GoneRegion
from tricircle.db.central.models.pods import Pod
from tricircle.db.central.models.pods import PodState
from tricircle.db.central.models.presence import PortLocation
from tricircle.db.central.models.presence import ResourceRouting
from tricircle.db.central.models.quotas import QuotaReservation
from tricircle.db.central.models.quotas import QuotaTurn
from tricircle.db.central.models.quotas import QuotaUsage
from tricircle.db.central.models.releases import NotedRelease
from tricircle.db.central.models.routers import BridgeNetwork
from tricircle.db.central.models.routers import RouterLook
from tricircle.db.central.models.routers import RouterPiece

__all__ = (
    'Adoption',
    'AdoptionState',
    'BigInteger',
    'BridgeNetwork',
    'Epoch',
    'GoneRegion',
    'HeldAddress',
    'HeldSegment',
    'JournalEntry',
    'Mirror',
    'MirrorCopy',
    'Moment',
    'NotedRelease',
    'Placing',
    'Pod',
    'PodBinding',
    'PodState',
    'PortLocation',
    'QuotaReservation',
    'QuotaTurn',
    'QuotaUsage',
    'RegionContact',
    'RegionDataPath',
    'ReservedPort',
    'ResourceHome',
    'ResourceRouting',
    'RouterLook',
    'RouterPiece',
)
