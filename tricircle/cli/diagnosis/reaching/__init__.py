# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether the Neutrons answer, and what keeps them from it."""

from typing import Final

from tricircle.cli.diagnosis.reaching import answer
from tricircle.cli.diagnosis.reaching import catalogue
from tricircle.cli.diagnosis.reaching import certificate
from tricircle.cli.diagnosis.reaching import clock
from tricircle.cli.diagnosis.reaching import connection
from tricircle.cli.diagnosis.reaching import name
from tricircle.cli.diagnosis.reaching import role
from tricircle.cli.diagnosis.reaching import server_error
from tricircle.cli.diagnosis.reaching import tls
from tricircle.cli.diagnosis.reaching import token

CHECKERS: Final = (
    catalogue.CHECKER,
    name.CHECKER,
    connection.CHECKER,
    tls.CHECKER,
    answer.CHECKER,
    token.CHECKER,
    role.CHECKER,
    server_error.CHECKER,
    certificate.CHECKER,
    clock.CHECKER,
)
