# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Start of the branch of migrations that need the servers stopped.

Revision ID: 6c2f0a4d91b7
Revises: start_tricircle
Create Date: 2026-11-21 00:00:00
"""

from neutron.db.migration import cli

revision = '6c2f0a4d91b7'
down_revision = 'start_tricircle'
branch_labels = (cli.CONTRACT_BRANCH,)


def upgrade() -> None:
    """Nothing to contract."""
