# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What Nova or Cinder themselves say of bodies that regions are sent.

A program of its own, as each takes the process to be its own: reads lines of
JSON, a module, a schema and a body each; prints a line for each that is not
taken.
"""

import importlib
import json
import sys


def main(service: str) -> None:
    """Print them."""
    if service == 'nova':
        importlib.import_module('nova.conf')
    validators = importlib.import_module(
        f'{service}.api.validation.validators'
    )
    for line in sys.stdin:
        module, name, body = json.loads(line)
        schema = getattr(importlib.import_module(module), name)
        try:
            validators._SchemaValidator(schema).validate(body)
        except Exception as exc:
            print(module, name, body, exc)


if __name__ == '__main__':
    main(sys.argv[1])
