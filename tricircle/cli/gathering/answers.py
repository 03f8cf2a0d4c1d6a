# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How each question is answered."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tricircle.cli import deadlines
from tricircle.cli import services
from tricircle.cli.gathering import endpoints
from tricircle.cli.gathering import lists
from tricircle.cli.gathering import questions

_How = Callable[[services.Service, questions.Question], questions.Answer]
_BY_HOW: Final[Mapping[questions.How, _How]] = {
    questions.How.PACKAGES: endpoints.packages,
    questions.How.ENDPOINTS: endpoints.endpoints,
    questions.How.VERSION: endpoints.versions,
    questions.How.CERTIFICATE: endpoints.certificate,
    questions.How.GET: lists.get,
    questions.How.JOBS: lists.jobs,
    questions.How.ROUTINGS: lists.routings,
    questions.How.ADOPTIONS: lists.adoptions,
    questions.How.COUNT: lists.count,
    questions.How.OWN: lists.own,
    questions.How.REPLICA: lists.replica,
}


def find(
    manager: Any, question: questions.Question, deadline: deadlines.Deadline
) -> questions.Answer:
    """Answer a question.

    :param manager: clients of the ``openstack`` command
    :raises Exception: whatever goes wrong
    """
    service = services.Service(
        manager, question.service, question.region, deadline
    )
    return _BY_HOW[question.how](service, question)
