# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Where the lab keeps its files, and what its processes start with."""

import subprocess
import sys

from lab import layout


def test_garbage_is_collected_rarely_in_every_python_process() -> None:
    done = subprocess.run(
        [sys.executable, '-c', 'import gc; print(gc.get_threshold()[0])'],
        env=layout.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) >= 50_000, done.stderr
