# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Policies of what Tricircle adds to the Neutron APIs of both sides."""

from collections.abc import Iterable
import itertools

from oslo_policy import policy

from tricircle.policies import port
from tricircle.policies import region_replicas
from tricircle.policies import replica


def list_rules() -> Iterable[policy.RuleDefault]:
    """Return all rules, for Neutron and for sample generators."""
    return itertools.chain(
        port.list_rules(), replica.list_rules(), region_replicas.list_rules()
    )
