# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is done with a request, by the name that a table of routes gives it.

================= ===========================================================
owner             the region that has the resource answers
accept            likewise, where the caller may not see it yet
beside            likewise, if what it is to have is in the same region
place             a region is chosen, and makes it
merge             a page of the list of all regions
union             the lists of all regions, one after the other
by-name           likewise, each name once
sum               the answers of all regions, added
limits            the same, with the limits of the cloud where it has any
quota-sets        quotas of the cloud where it has any; else as refuse
reference         any region answers: all have the same
everywhere        made in all regions; in one that is away, later
change-everywhere likewise, changed or removed
associate         likewise, of QoS specifications and types
show              any region that has it answers
zones             the availability zones of the pods
hosts-of-zones    these, with the hosts of all regions
aggregates        one aggregate a pod
refuse            not here, and why
================= ===========================================================
"""

from collections.abc import Callable, Mapping
from typing import Final

from tricircle.gateway import asked
from tricircle.gateway import exchange
from tricircle.gateway.behaviours import beside
from tricircle.gateway.behaviours import everywhere
from tricircle.gateway.behaviours import merge
from tricircle.gateway.behaviours import of_all
from tricircle.gateway.behaviours import of_one
from tricircle.gateway.behaviours import quota

Behaviour = Callable[[asked.Cloud, asked.Asked], exchange.Answer]

BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    'owner': quota.owner,
    'accept': of_one.accept,
    'beside': beside.act,
    'reference': of_one.reference,
    'refuse': of_one.refuse,
    'place': quota.place,
    'merge': merge.act,
    'union': of_all.union,
    'by-name': of_all.by_name,
    'sum': of_all.total,
    'limits': quota.limits,
    'quota-sets': quota.quota_sets,
    'zones': of_all.zones,
    'hosts-of-zones': of_all.hosts_of_zones,
    'aggregates': of_all.aggregates,
    'everywhere': everywhere.make,
    'change-everywhere': everywhere.change,
    'associate': everywhere.associate,
    'show': everywhere.show,
}
