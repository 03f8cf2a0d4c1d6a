# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Carrying out documents, whatever they are of.

For whom a thread acts, the ledger of what belongs to central, leases on it,
the parts of a document, and the API that central calls. In comes a document;
out goes the digest that was reached. No kind of resource is known here.
"""
