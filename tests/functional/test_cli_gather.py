# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking gather`` against real servers."""

import json
from pathlib import Path
import tarfile
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import operator_commands as commands
from tricircle.cli.v1 import gather


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    return commands.make_app(cloud)


def gathered(app: Any, path: Path, *arguments: str) -> tuple[int, Any]:
    """Run the command; return its exit code and all files of the archive."""
    code = commands.run(
        app, gather.Gather, '--output', str(path), '-f', 'json', *arguments
    )
    with tarfile.open(path) as tar:
        return code, {
            one.name.partition('/')[2]: json.load(tar.extractfile(one))
            for one in tar
            if one.isfile()
        }


def test_all_of_a_whole_cloud_is_gathered(
    cloud: clouds.Cloud, app: Any, tmp_path: Path
) -> None:
    code, files = gathered(app, tmp_path / 'a.tar.gz')
    for one in files['manifest.json']['files']:
        print(one)
    for name, one in files.items():
        print(name, str(one)[:300])
    assert code == 0
    assert 0
