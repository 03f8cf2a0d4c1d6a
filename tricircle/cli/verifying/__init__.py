# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether packets pass between regions, by sending some.

:mod:`.checks` says what is to be found out, ``layout`` what is needed for it,
both without asking anybody. ``scene`` makes that in central, puts the probe
ports onto hosts of the regions, and removes all of it. The agents there send;
``judge`` concludes from what they report.
"""
