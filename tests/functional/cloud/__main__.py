# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Run a cloud until interrupted: ``python -m tests.functional.cloud``."""

import argparse
import contextlib
import signal

from tests.functional.cloud import multi_region
from tests.functional.cloud import roles


def main() -> None:
    """Start a cloud, say where it listens, and wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plain', action='store_true', help='stock ML2')
    parser.add_argument('--vanilla', action='store_true')
    parser.add_argument(
        '--regions', nargs='+', default=['RegionOne', 'RegionTwo']
    )
    arguments = parser.parse_args()
    with multi_region.Cloud.start(
        build=roles.Build.PLAIN if arguments.plain else roles.Build.TRICIRCLE,
        vanilla=arguments.vanilla,
        regions=arguments.regions,
    ) as cloud:
        for name, seconds in cloud.start_times.items():
            print(f'{name:20} {seconds:6.2f} s')
        for process in cloud.all_processes:
            print(f'{process.name:20} {getattr(process, "url", "")}')
        print(f'logs in {cloud.workspace.logs}; Ctrl-C ends it', flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == '__main__':
    main()
