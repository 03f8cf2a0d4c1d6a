# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What every Python process of the lab does first, before its program.

The garbage collector looks at what is new after 50 000 objects in place of
700. A daemon of OpenStack makes hundreds of thousands when it is imported and
keeps nearly all of them; to look at them again and again is a sixth of the
time that it takes. Python runs this file by itself, for it is on the path;
the programs are stock.
"""

import gc

gc.set_threshold(50_000, 20, 50)
