# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is wrong with a cloud, told apart by numbered findings.

``asking`` finds out how things are, ``facts`` is the form that it has then,
and each module of ``reaching``, ``regions``, ``work`` and ``releases`` that
has a number is one checker: a pure function of the facts, with a number of
its own that never means anything else. What is not known is a finding too,
or no checker's business; it is never taken for good. Each number is explained
in the administrator's guide.
"""
