# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``nova-compute`` with the lab's driver among Nova's own.

Nova loads drivers from its package ``nova.virt`` only.
"""

from pathlib import Path
import sys
from typing import Any

# Chooses how this process does things at the same time: before all else.
from nova.cmd import compute
import nova.virt


def main() -> Any:
    """Run until told to stop."""
    nova.virt.__path__.append(str(Path(__file__).parent / 'drivers'))
    sys.argv[0] = 'nova-compute'
    return compute.main()


if __name__ == '__main__':
    sys.exit(main())
