# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from importlib import metadata
from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parent / '_ext'))

project = 'Tricircle'
# Sphinx and the theme both look for this name.
copyright = 'the Tricircle authors'
release = version = metadata.version('tricircle')

extensions = [
    'cliff.sphinxext',
    'diagrams',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
]

# The reference pages are made from the code itself, so that they cannot
# fall behind it.
autoprogram_cliff_application = 'openstack'

# OpenStack's own theme loads trackers and pictures from hosts of the internet
# and does not build without a git history. This one does neither.
html_theme = 'alabaster'
html_theme_options = {
    'description': 'Networking across OpenStack regions',
    'show_powered_by': False,
}
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}

exclude_patterns: list[str] = []
nitpicky = True
