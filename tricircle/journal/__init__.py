# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The journal: what central wants of each region, and how far that got.

Intents are recorded in the transaction of the change that caused them
(:mod:`~tricircle.journal.intent`), carried out under a lease by XJob, or by
central where they are for central itself (:mod:`~tricircle.journal.claims`),
and announced after the commit (:mod:`~tricircle.journal.wakeup`).
"""
